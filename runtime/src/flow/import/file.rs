//! Reading CSV strictly: UTF-8, with or without byte order mark, every row as wide as the header.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use csv::{ByteRecord, Position, Reader, ReaderBuilder};

use super::{Mistake, Row, Table};
use crate::value::field_problem::Code;

/// What separates cells, the likeliest first.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// How much of the file is looked at to find the delimiter.
const HEAD_BYTES: usize = 64 * 1024;

/// An open file.
pub(super) struct CsvFile<R> {
    reader: Reader<BufReader<R>>,
    names: Vec<String>,
    record: ByteRecord,
    /// Length of the byte order mark, which the reader does not see.
    mark: u64,
    ended: bool,
}

/// Where a row begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    byte: u64,
    line: u64,
}

impl At {
    /// The place in the file.
    pub(super) fn byte(&self) -> u64 {
        self.byte
    }
}

impl<R: Read> CsvFile<R> {
    /// Opens a file and reads its header.
    pub(super) fn open(source: R) -> Result<Self, String> {
        let mut source = BufReader::with_capacity(HEAD_BYTES, source);
        let head = source.fill_buf().map_err(|e| format!("the file cannot be read: {}", e.kind()))?;
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err("the file is UTF-16; save it as CSV in UTF-8".to_owned());
        }
        let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let line: &[u8] =
            head.get(mark..).unwrap_or_default().split(|b| *b == b'\n').next().unwrap_or_default();
        let count = |delimiter: &u8| line.iter().filter(|b| *b == delimiter).count();
        let delimiter = DELIMITERS.into_iter().rev().max_by_key(count).unwrap_or(b',');
        source.consume(mark);
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(source);
        let mut record = ByteRecord::new();
        let found =
            reader.read_byte_record(&mut record).map_err(|e| format!("the file cannot be read: {e}"))?;
        if !found {
            return Err("the file is empty; its first line must name the columns".to_owned());
        }
        let names = record.iter().map(|name| std::str::from_utf8(name).map(|n| n.trim().to_owned()));
        let names = names.collect::<Result<Vec<_>, _>>();
        let names = names.map_err(|_| "the header is not UTF-8; save the file as CSV in UTF-8".to_owned())?;
        let mark = u64::try_from(mark).unwrap_or_default();
        Ok(Self { reader, names, record, mark, ended: false })
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> Vec<String> {
        self.names.clone()
    }

    /// How many bytes were read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.reader.position().byte()
    }

    /// The next row, or what is wrong with it.
    pub(super) fn next(&mut self, table: &Table) -> Option<Result<Row, Mistake>> {
        let (file, width) = (table.file, table.header.names.len());
        let wrong = |line, column: String, code: Code, message: String| {
            Some(Err(Mistake { file, line, column, code: code.name().to_owned(), message }))
        };
        if self.ended {
            return None;
        }
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => {
                self.ended = true;
                let line = self.reader.position().line();
                let message = format!("the file cannot be read any further: {error}");
                return wrong(line, String::new(), Code::Format, message);
            }
        }
        let line = self.record.position().map_or(0, Position::line);
        if self.record.len() != width {
            let message = format!("has {} cells, the header has {width}", self.record.len());
            return wrong(line, String::new(), Code::Format, message);
        }
        let mut cells = Vec::with_capacity(width);
        for (place, cell) in self.record.iter().enumerate() {
            match std::str::from_utf8(cell) {
                Ok(text) => cells.push(text.to_owned()),
                Err(_) => {
                    let column = self.names.get(place).cloned().unwrap_or_default();
                    return wrong(line, column, Code::Format, "is not UTF-8".to_owned());
                }
            }
        }
        Some(Ok(Row { line, cells }))
    }

    /// Where the row that was read last begins.
    pub(super) fn at(&self) -> At {
        let (byte, line) = self.record.position().map_or((0, 0), |at| (at.byte(), at.line()));
        At { byte, line }
    }
}

impl<R: Read + Seek> CsvFile<R> {
    /// The row that begins here.
    pub(super) fn row(&mut self, at: At, table: &Table) -> Result<Row, String> {
        let failed = |why: String| format!("the file cannot be read again: {why}");
        if self.reader.position().byte() != at.byte {
            let mut position = Position::new();
            position.set_byte(at.byte).set_line(at.line);
            let from = SeekFrom::Start(at.byte + self.mark);
            self.reader.seek_raw(from, position).map_err(|e| failed(e.to_string()))?;
        }
        self.ended = false;
        match self.next(table) {
            Some(Ok(row)) => Ok(row),
            Some(Err(mistake)) => Err(failed(mistake.message)),
            None => Err(failed("it has become shorter".to_owned())),
        }
    }
}
