//! Lines made of tokens, and the columns that their author lined up: neighbouring lines whose n-th cell starts in one
//! column keep it, moved to where the longest needs it; everything else gets one blank.
//!
//! May not enter: what the tokens are.

/// What stands between a token and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing.
    None,
    /// One blank.
    One,
    /// One blank, or more where cells of this number are lined up.
    Cell(usize),
    /// Two blanks, or more where comments are lined up.
    Comment,
}

/// A piece of a line.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// Its text.
    pub text: String,
    /// What stands before it.
    pub gap: Gap,
    /// The column it had, in characters.
    pub column: usize,
    /// Blanks added to line it up.
    pad: usize,
}

/// A line that begins with a key, a dash or a value.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// Blanks at its start.
    pub indent: usize,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// The collection it is an entry of.
    pub group: usize,
    /// Whether its value goes on in the next line.
    pub open: bool,
}

impl Row {
    /// Adds a token that stood in `column`.
    pub fn push(&mut self, text: &str, gap: Gap, column: usize) {
        self.tokens.push(Token { text: text.to_owned(), gap, column, pad: 0 });
    }

    /// The line.
    pub fn text(&self) -> String {
        let mut out = " ".repeat(self.indent);
        for (index, token) in self.tokens.iter().enumerate() {
            if index > 0 {
                out.push_str(&" ".repeat(token.gap.width() + token.pad));
            }
            out.push_str(&token.text);
        }
        out
    }

    /// The column in which token `at` starts now.
    fn column(&self, at: usize) -> usize {
        let before = self.tokens.iter().take(at).enumerate().map(|(index, token)| {
            let gap = if index > 0 { token.gap.width() + token.pad } else { 0 };
            gap + token.text.chars().count()
        });
        let own = self.tokens.get(at).map_or(0, |token| token.gap.width() + token.pad);
        self.indent + before.sum::<usize>() + own
    }

    fn find(&self, gap: Gap) -> Option<usize> {
        self.tokens.iter().position(|token| token.gap == gap)
    }
}

impl Gap {
    const fn width(self) -> usize {
        match self {
            Self::None => 0,
            Self::One | Self::Cell(_) => 1,
            Self::Comment => 2,
        }
    }
}

/// Lines up the cells of neighbouring rows, cell by cell from the left, comments last.
pub(super) fn line_up(rows: &mut [&mut Row]) {
    let cells = rows.iter().flat_map(|row| &row.tokens).filter_map(|token| match token.gap {
        Gap::Cell(number) => Some(number + 1),
        _ => None,
    });
    let cells = cells.max().unwrap_or(0);
    for gap in (0..cells).map(Gap::Cell).chain([Gap::Comment]) {
        line_up_one(rows, gap);
    }
}

fn line_up_one(rows: &mut [&mut Row], gap: Gap) {
    let column = |row: &Row| row.find(gap).and_then(|at| row.tokens.get(at)).map(|token| token.column);
    // Lines without a comment do not part the comments of the lines around them.
    let skips = |row: &Row| gap == Gap::Comment && row.find(gap).is_none();
    let mut rows: Vec<&mut Row> = rows.iter_mut().map(|row| &mut **row).filter(|row| !skips(row)).collect();
    for run in rows.chunk_by_mut(|a, b| column(a).is_some() && column(a) == column(b)) {
        let target = run.iter().filter_map(|row| row.find(gap).map(|at| row.column(at))).max().unwrap_or(0);
        for row in run {
            let Some(at) = row.find(gap) else { continue };
            let now = row.column(at);
            if let Some(token) = row.tokens.get_mut(at) {
                token.pad += target - now;
            }
        }
    }
}
