//! Rust source text, laid out as `prettyplease` lays it out: a test holds the two together. Knows lines, blocks,
//! attributes and types; not what is said with them.

/// The columns of a line, those of its indentation included.
const MARGIN: usize = 89;

/// What a line may always hold, however deep it is indented.
const LEAST: usize = 60;

/// One level of indentation.
const INDENT: usize = 4;

/// Source text that grows line by line.
pub(super) struct Source {
    text: String,
    /// The columns by which a line is indented.
    indent: usize,
}

impl Source {
    /// Goes on behind whole lines.
    pub(super) fn new(text: String) -> Self {
        Self { text, indent: 0 }
    }

    /// The text.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// A line made of these parts.
    pub(super) fn line(&mut self, parts: &[&str]) {
        self.start();
        self.text.extend(parts.iter().copied());
        self.text.push('\n');
    }

    /// `head {`, what `inside` writes, and `}`.
    pub(super) fn block(&mut self, head: &[&str], inside: impl FnOnce(&mut Self)) {
        self.start();
        self.text.extend(head.iter().copied());
        self.text.push_str(" {");
        let empty = self.text.len();
        self.text.push('\n');
        self.indented(inside);
        if self.text.len() == empty + 1 {
            self.text.truncate(empty);
        } else {
            self.start();
        }
        self.text.push_str("}\n");
    }

    /// A doc comment.
    pub(super) fn doc(&mut self, words: &str) {
        for line in words.lines().map(str::trim_end) {
            self.line(&["///", if line.is_empty() { "" } else { " " }, line]);
        }
    }

    /// `#[name(arguments)]`.
    pub(super) fn attribute(&mut self, name: &str, arguments: &[&str]) {
        self.list(&["#[", name, "("], arguments, "", ")]");
    }

    /// `#[serde(arguments)]`, with a comma behind the last where each stands in a line of its own.
    pub(super) fn serde(&mut self, arguments: &[&str]) {
        self.list(&["#[serde("], arguments, ",", ")]");
    }

    /// Items between commas, in one line where they fit; else one a line with `last` behind the last.
    pub(super) fn list(&mut self, head: &[&str], items: &[&str], last: &str, tail: &str) {
        let separators = 2 * items.len().saturating_sub(1);
        let width = columns(head) + columns(items) + separators + tail.len();
        self.start();
        self.text.extend(head.iter().copied());
        if width <= self.room() {
            for (at, item) in items.iter().enumerate() {
                self.text.extend([if at == 0 { "" } else { ", " }, item]);
            }
        } else {
            self.text.push('\n');
            self.indented(|inside| {
                for (at, item) in items.iter().enumerate() {
                    inside.line(&[item, if at + 1 == items.len() { last } else { "," }]);
                }
            });
            self.start();
        }
        self.text.extend([tail, "\n"]);
    }

    /// An arm of a match.
    pub(super) fn arm(&mut self, pattern: &str, value: &str) {
        if columns(&[pattern, " => ", value]) <= self.room() {
            self.line(&[pattern, " => ", value, ","]);
        } else {
            self.block(&[pattern, " =>"], |inside| inside.line(&[value]));
        }
    }

    /// A field of a struct.
    pub(super) fn field(&mut self, name: &str, ty: &Type) {
        self.start();
        self.text.extend(["pub ", name, ": "]);
        self.ty(ty, columns(&["pub ", name, ": "]), ",");
        self.text.push_str(",\n");
    }

    /// A type that stands behind `used` columns and before `tail`.
    fn ty(&mut self, ty: &Type, used: usize, tail: &str) {
        let Type::Of(outer, inner) = ty else {
            ty.write(&mut self.text);
            return;
        };
        if used + ty.columns() + tail.len() <= self.room() {
            ty.write(&mut self.text);
            return;
        }
        self.text.extend([outer, "<\n"]);
        self.indented(|inside| {
            inside.start();
            inside.ty(inner, 0, "");
            inside.text.push_str(",\n");
        });
        self.start();
        self.text.push('>');
    }

    /// Writes `inside` one level deeper.
    fn indented(&mut self, inside: impl FnOnce(&mut Self)) {
        self.indent += INDENT;
        inside(self);
        self.indent -= INDENT;
    }

    fn start(&mut self) {
        self.text.extend(std::iter::repeat_n(' ', self.indent));
    }

    /// The columns of a line behind its indentation.
    fn room(&self) -> usize {
        MARGIN.saturating_sub(self.indent).max(LEAST)
    }
}

/// A type: a path, or a generic type of another.
pub(super) enum Type {
    /// `crate::Decimal`.
    Path(String),
    /// `Option<..>`.
    Of(&'static str, Box<Self>),
}

impl Type {
    /// `outer<inner>`.
    pub(super) fn of(outer: &'static str, inner: Self) -> Self {
        Self::Of(outer, Box::new(inner))
    }

    fn columns(&self) -> usize {
        match self {
            Self::Path(path) => path.len(),
            Self::Of(outer, inner) => outer.len() + inner.columns() + 2,
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Path(path) => out.push_str(path),
            Self::Of(outer, inner) => {
                out.extend([outer, "<"]);
                inner.write(out);
                out.push('>');
            }
        }
    }
}

/// A text as a string literal.
pub(super) fn literal(text: &str) -> String {
    format!("\"{}\"", text.chars().flat_map(char::escape_debug).collect::<String>())
}

fn columns(parts: &[&str]) -> usize {
    parts.iter().map(|part| part.len()).sum()
}
