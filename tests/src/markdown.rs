//! Reading fenced blocks out of Markdown, and putting other text into them.

use std::ops::Range;

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Block {
    /// The first word behind the fence: `yaml`, `http`, ...
    pub language: String,
    /// The rest of that line.
    pub rest: String,
    /// Where the text between the fences stands in the page.
    pub span: Range<usize>,
    /// The line of the opening fence, from 1.
    pub line: usize,
}

/// Every fenced block of a page, in order.
#[must_use]
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut at = 0;
    for (index, line) in page.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        let Some(info) = line.strip_prefix("```") else { continue };
        match open.take() {
            Some(mut block) => {
                block.span.end = start;
                blocks.push(block);
            }
            None => {
                let (language, rest) = info.trim().split_once(' ').unwrap_or((info.trim(), ""));
                open = Some(Block {
                    language: language.to_owned(),
                    rest: rest.trim().to_owned(),
                    span: at..at,
                    line: index + 1,
                });
            }
        }
    }
    blocks
}

/// The page with the text of some blocks replaced.
#[must_use]
pub fn replace(page: &str, changes: &[(Range<usize>, String)]) -> String {
    let mut out = String::new();
    let mut at = 0;
    for (span, text) in changes {
        out.push_str(page.get(at..span.start).unwrap_or_default());
        out.push_str(text);
        at = span.end;
    }
    out.push_str(page.get(at..).unwrap_or_default());
    out
}
