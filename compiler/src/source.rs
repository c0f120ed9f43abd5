//! The sources of one compilation, held in memory: paths, text, lines and byte-exact spans.
//!
//! May not enter: disk access (the program reads files and hands them over), words for people.

use std::{collections::BTreeSet, fmt, ops::Range};

use athyper_schemas::canonical::Hash;
use athyper_schemas::manifest::Manifest;

/// The largest source file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

/// Bytes between two counts of characters.
const MARK: usize = 4096;

/// A file of a [`SourceSet`]. Ids follow the order of the paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(u32);

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `range` of `file`. Offsets that do not fit 32 bits are clipped; no file is that large.
    #[must_use]
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let start = offset(range.start);
        Self { file, start, end: offset(range.end).max(start) }
    }

    /// The range as indexes.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// How many bytes it covers.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether it covers nothing: a place between two bytes.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The smallest span over both; `self` when they lie in different files.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at its start.
    #[must_use]
    pub const fn at_start(self) -> Self {
        Self { file: self.file, start: self.start, end: self.start }
    }

    /// The empty span at its end.
    #[must_use]
    pub const fn at_end(self) -> Self {
        Self { file: self.file, start: self.end, end: self.end }
    }
}

/// Why the bytes of a file cannot be read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Larger than [`MAX_FILE_BYTES`]; its size.
    TooLarge(u64),
    /// Not UTF-8 from this byte on.
    NotUtf8(u32),
    /// A NUL byte at this offset.
    Nul(u32),
}

/// One file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    path: String,
    text: String,
    line_starts: Vec<u32>,
    /// How many characters begin before each multiple of [`MARK`] bytes: a column is found at once on any line.
    marks: Vec<u32>,
    defect: Option<Defect>,
}

impl SourceFile {
    fn new(path: String, bytes: Vec<u8>) -> Self {
        let size = bytes.len();
        let (text, defect) = if size > MAX_FILE_BYTES {
            (String::new(), Some(Defect::TooLarge(size as u64)))
        } else {
            match String::from_utf8(bytes) {
                Ok(text) => {
                    let nul = text.bytes().position(|byte| byte == 0).map(|at| Defect::Nul(offset(at)));
                    (text, nul)
                }
                Err(error) => {
                    let good = error.utf8_error().valid_up_to();
                    let mut bytes = error.into_bytes();
                    bytes.truncate(good);
                    let text = String::from_utf8(bytes).unwrap_or_default();
                    (text, Some(Defect::NotUtf8(offset(good))))
                }
            }
        };
        let line_starts = line_starts(&text);
        let marks = marks(&text);
        Self { path, text, line_starts, marks, defect }
    }

    /// Path relative to the package root, with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text; of a file with a [`Defect`] the part that can be shown.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why the file cannot be read, if so.
    #[must_use]
    pub const fn defect(&self) -> Option<Defect> {
        self.defect
    }

    /// Number of lines, at least 1.
    #[must_use]
    pub const fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The zero-based line that holds byte `at`.
    #[must_use]
    pub fn line_index(&self, at: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The bytes of the zero-based line `index`, its line break included.
    #[must_use]
    pub fn line_range(&self, index: usize) -> Range<usize> {
        let start = self.line_starts.get(index).map_or(self.text.len(), |at| *at as usize);
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |at| *at as usize);
        start..end
    }

    /// The text of the zero-based line `index` without its line break.
    #[must_use]
    pub fn line_text(&self, index: usize) -> &str {
        self.text.get(self.line_range(index)).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// Where byte `at` is, for people: line and column count from 1, columns in characters.
    #[must_use]
    pub fn position(&self, at: u32) -> Position {
        let line = self.line_index(at);
        let start = self.line_range(line).start;
        let at = (at as usize).min(self.text.len());
        let before = match self.text.as_bytes().get(start..at) {
            Some(near) if near.len() < MARK => characters(near),
            _ => self.characters_before(at).saturating_sub(self.characters_before(start)),
        };
        let column = before + 1;
        Position { line: line + 1, column }
    }

    fn characters_before(&self, at: usize) -> usize {
        let mark = at / MARK;
        let known = self.marks.get(mark).map_or(0, |count| *count as usize);
        known + self.text.as_bytes().get(mark * MARK..at).map_or(0, characters)
    }
}

/// A place in a file as people and editors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// All files of one compilation, sorted by path.
#[derive(Debug, Clone, Default)]
pub struct SourceSet {
    files: Vec<SourceFile>,
    /// What messages put before paths; no part of what is compiled.
    below: String,
}

impl SourceSet {
    /// The set of these files: path relative to the package root with `/`, and its bytes. The order of
    /// `files` does not matter; of two files with one path the first is kept.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut files: Vec<SourceFile> =
            files.into_iter().map(|(path, bytes)| SourceFile::new(path.replace('\\', "/"), bytes)).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|second, first| second.path == first.path);
        Self { files, below: String::new() }
    }

    /// The same set, whose paths are shown below `folder`: as they are found from where the program was called.
    #[must_use]
    pub fn shown_below(mut self, folder: &str) -> Self {
        let folder = folder.replace('\\', "/");
        let folder = folder.trim_start_matches("./").trim_end_matches('/');
        self.below = if matches!(folder, "" | ".") { String::new() } else { format!("{folder}/") };
        self
    }

    /// The path of a file as messages show it.
    #[must_use]
    pub fn shown_path(&self, id: FileId) -> String {
        format!("{}{}", self.below, self.path(id))
    }

    /// Every file with its id, in path order.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(offset(index)), file))
    }

    /// How many files there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file with this id. Ids of another set give `None`.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The file with this path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(|at| FileId(offset(at)))
    }

    /// The path of a file.
    #[must_use]
    pub fn path(&self, id: FileId) -> &str {
        self.get(id).map_or("", SourceFile::path)
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, id: FileId) -> &str {
        self.get(id).map_or("", SourceFile::text)
    }

    /// The identity of the sources: a hash over their paths and bytes, but for the files `apart`.
    #[must_use]
    pub fn hash(&self, apart: &BTreeSet<FileId>) -> Hash {
        let counts = |(id, _): &(FileId, &SourceFile)| !apart.contains(id);
        let hashed = |(_, file): (FileId, &SourceFile)| (file.path.clone(), Hash::of(file.text.as_bytes()));
        Manifest::identity(&self.files().filter(counts).map(hashed).collect())
    }

    /// The source text under a span; empty when the span is not in the set.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or_default()
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| offset(at + 1));
    std::iter::once(0).chain(breaks).collect()
}

fn marks(text: &str) -> Vec<u32> {
    let mut before = 0;
    let count = |chunk: &[u8]| {
        let here = before;
        before += characters(chunk);
        offset(here)
    };
    text.as_bytes().chunks(MARK).map(count).collect()
}

/// How many characters begin in these bytes of a text.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

/// A length or index as 32 bits. [`MAX_FILE_BYTES`] keeps all of them far below the limit.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> SourceSet {
        SourceSet::new([("a.yaml".to_owned(), bytes.to_vec())])
    }

    #[test]
    fn files_are_sorted_whatever_order_they_came_in() {
        let set = SourceSet::new(["b/z.yaml", "a.yaml", "b/a.yaml"].map(|path| (path.to_owned(), vec![])));
        let paths: Vec<_> = set.files().map(|(_, file)| file.path()).collect();
        assert_eq!(paths, ["a.yaml", "b/a.yaml", "b/z.yaml"]);
        assert_eq!(set.find("b/a.yaml").map(|id| set.path(id)), Some("b/a.yaml"));
    }

    #[test]
    fn positions_count_characters_and_lines_from_one() {
        let set = one("é: ü\nb: c\n".as_bytes());
        let (_, file) = set.files().next().unwrap();
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        assert_eq!(file.position(4).to_string(), "1:4");
        assert_eq!(file.position(7).to_string(), "2:1");
        assert_eq!(file.line_text(1), "b: c");
    }

    #[test]
    fn positions_on_long_lines_are_found_too() {
        let text = format!("a\n{}", "é€x".repeat(MARK));
        let set = one(text.as_bytes());
        let (_, file) = set.files().next().unwrap();
        for (at, _) in text.char_indices().step_by(997).chain([(text.len(), ' ')]) {
            let before = text[..at].rsplit('\n').next().unwrap();
            let wanted = Position { line: if at < 2 { 1 } else { 2 }, column: before.chars().count() + 1 };
            assert_eq!(file.position(u32::try_from(at).unwrap()), wanted, "{at}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_a_defect_not_a_crash() {
        let defect = |bytes: &[u8]| one(bytes).files().next().and_then(|(_, file)| file.defect());
        assert_eq!(defect(b"ab\xff"), Some(Defect::NotUtf8(2)));
        assert_eq!(defect(b"a\0b"), Some(Defect::Nul(1)));
        assert_eq!(defect(b"a: b"), None);
        let large = vec![b'a'; MAX_FILE_BYTES + 1];
        assert_eq!(defect(&large), Some(Defect::TooLarge(MAX_FILE_BYTES as u64 + 1)));
    }
}
