//! A CSV file through the ordinary write path, in one transaction: every row is validated, judged and written as
//! a request would be, and the file can be imported again without doing anything twice.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Seek};
use std::sync::Arc;

use athyper_expr::Value;
use athyper_schemas::bundle::{Action, Trait};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::session::Session;
use super::write::WriteSide;
use crate::catalog::{Catalog, Entity, EntityId, Field, FieldId};
use crate::policy::{self, Access};
use crate::problem::{Item, Place, Problem};
use crate::request::table::{Column, Header, Mapping};
use crate::value::field_problem::{Code, FieldProblem, Wrong};
use crate::who::{Principal, Scope};

mod beside;
mod children;
mod family;
mod file;
mod keys;
mod records;
mod spots;

use beside::Beside;
use keys::Keys;

/// Rows that are worked on at a time.
const CHUNK_ROWS: usize = 500;

/// Rows of owned children that are worked on at a time: each time, their owners are loaded with all they have.
const CHUNK_CHILDREN: usize = 10_000;

/// Most mistakes that are kept word for word; further ones are counted.
const MAX_MISTAKES: usize = 10_000;

/// What to import, and how.
#[derive(Debug)]
pub struct Import<'i> {
    /// Where.
    pub scope: &'i Scope,
    /// Who.
    pub principal: &'i Principal,
    /// Into which entity.
    pub entity: EntityId,
    /// What the header means.
    pub mapping: &'i Mapping,
    /// Do everything, then undo it.
    pub dry_run: bool,
    /// Keep the good rows when others are bad.
    pub skip_bad: bool,
}

/// A file of owned children that come with the records of the import.
pub struct ChildFile<'i> {
    /// The list field of the entity.
    pub list: FieldId,
    /// What the header means.
    pub mapping: &'i Mapping,
    /// The file.
    pub source: Box<dyn Source>,
}

impl std::fmt::Debug for ChildFile<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChildFile").field("list", &self.list).finish_non_exhaustive()
    }
}

/// A file that can be read in any order.
pub trait Source: Read + Seek + Send {}

impl<T: Read + Seek + Send> Source for T {}

/// What became of the rows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of the file.
    pub counts: Counts,
    /// Of the files of children, in their order.
    pub children: Vec<Counts>,
    /// Whether anything was kept.
    pub kept: bool,
    /// Why rows were not taken.
    pub mistakes: Vec<Mistake>,
}

/// What became of the rows of one file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Rows in the file.
    pub rows: u64,
    /// Records that were made.
    pub created: u64,
    /// Records that were changed.
    pub updated: u64,
    /// Records that were as the row says.
    pub same: u64,
    /// Rows that were not taken.
    pub bad: u64,
}

impl Report {
    /// Rows of all files that were not taken.
    #[must_use]
    pub fn bad(&self) -> u64 {
        self.children.iter().fold(self.counts.bad, |bad, counts| bad + counts.bad)
    }

    /// The counts of a file: 0 is that of the records, then those of children.
    fn of(&mut self, file: usize) -> &mut Counts {
        match file.checked_sub(1).and_then(|place| self.children.get_mut(place)) {
            Some(counts) => counts,
            None => &mut self.counts,
        }
    }
}

/// Why a row was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// In which file: 0 is that of the records, then those of children.
    pub file: usize,
    /// The line of the file where the row begins; the header is line 1.
    pub line: u64,
    /// The column as the file names it; empty for the whole row.
    pub column: String,
    /// As in problems.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The header of a file cannot be used.
    #[error("{}", .1.join("\n"))]
    Header(usize, Vec<String>),
    /// A file is no CSV file in UTF-8.
    #[error("{1}")]
    File(usize, String),
    /// The caller may not, or the database cannot.
    #[error("{0}")]
    Problem(#[from] Problem),
}

/// One row of the file.
#[derive(Debug, Clone)]
struct Row {
    line: u64,
    cells: Vec<String>,
}

/// What the rows of a file are.
#[derive(Debug)]
struct Table {
    /// 0 for the file of the records, then those of children.
    file: usize,
    entity: EntityId,
    header: Header,
}

/// An import on its way.
struct Job<'j> {
    import: &'j Import<'j>,
    session: Session,
    /// What the rows of the records are.
    table: Arc<Table>,
    /// The same for each file.
    tables: Vec<Arc<Table>>,
    beside: Vec<Beside>,
    create: Access,
    update: Access,
    keys: Keys,
    /// Keys that rows had, by [`short`], with their lines.
    seen: HashMap<[u8; 16], u64>,
    /// Children without a key that are some row already.
    matched: HashSet<Uuid>,
    report: Report,
}

impl WriteSide {
    /// Imports a file, and files of the owned children of its records; `progress` is told how many bytes were read.
    ///
    /// # Errors
    /// When no row could be looked at. Bad rows are no error: they are in the report.
    pub async fn import<R: Read + Send>(
        &self,
        import: &Import<'_>,
        source: R,
        children: Vec<ChildFile<'_>>,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<Report, ImportError> {
        let catalog = import.scope.catalog();
        let entity = catalog.entity(import.entity);
        let root = root(catalog, entity);
        let decide = |action| policy::decide(import.scope, import.principal, root.id(), action);
        let update = decide(Action::Update).map_err(Problem::from)?;
        let create =
            if entity.is_owned() { update.clone() } else { decide(Action::Create).map_err(Problem::from)? };
        let (mut file, table) = open(import, source, (0, import.entity, import.mapping))?;
        let (mut tables, mut beside) = (vec![Arc::clone(&table)], Vec::with_capacity(children.len()));
        for (place, child) in children.into_iter().enumerate() {
            let Some(owned) = entity.field(child.list).children() else { continue };
            let (file, table) = open(import, child.source, (place + 1, owned, child.mapping))?;
            beside.push(Beside::new(Arc::clone(&table), file));
            tables.push(table);
        }
        let mut job = Job {
            import,
            session: Session::begin(&self.db, import.scope, import.principal).await?,
            table,
            tables,
            report: Report { children: vec![Counts::default(); beside.len()], ..Report::default() },
            beside,
            create,
            update,
            keys: Keys::new(import.mapping.unguarded),
            seen: HashMap::new(),
            matched: HashSet::new(),
        };
        job.run(&mut file, &mut progress).await?;
        let Job { session, mut report, .. } = job;
        report.kept = !import.dry_run && (report.bad() == 0 || import.skip_bad);
        if report.kept {
            session.commit().await?;
        } else {
            session.rollback().await?;
        }
        report.mistakes.sort_by_key(|m| (m.file, m.line));
        Ok(report)
    }
}

fn open<R: Read>(
    import: &Import<'_>,
    source: R,
    (file, entity, mapping): (usize, EntityId, &Mapping),
) -> Result<(file::CsvFile<R>, Arc<Table>), ImportError> {
    let opened = file::CsvFile::open(source).map_err(|why| ImportError::File(file, why))?;
    let catalog = import.scope.catalog();
    let of = catalog.entity(entity);
    let knows = |field: &Field| policy::is_known(import.principal, of, field);
    let header = Header::read(catalog, of, opened.header(), mapping, knows)
        .map_err(|wrong| ImportError::Header(file, wrong))?;
    Ok((opened, Arc::new(Table { file, entity, header })))
}

impl Job<'_> {
    async fn run<R: Read>(
        &mut self,
        file: &mut file::CsvFile<R>,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<(), Problem> {
        let read_before = self.index_children(progress).await?;
        let mut later = Vec::new();
        loop {
            let rows = self.next_rows(file);
            progress(read_before + file.bytes_read());
            if rows.is_empty() {
                break;
            }
            later.extend(self.chunk(rows, false).await?);
        }
        // Rows that refer to rows below them: again, until a round brings nothing new.
        while !later.is_empty() {
            let before = later.len();
            let mut still = Vec::new();
            while !later.is_empty() {
                let rest = later.split_off(later.len().min(CHUNK_ROWS));
                still.extend(self.chunk(later, false).await?);
                later = rest;
            }
            if still.len() == before {
                self.chunk(still, true).await?;
                break;
            }
            later = still;
        }
        self.children_of_others().await
    }

    fn next_rows<R: Read>(&mut self, file: &mut file::CsvFile<R>) -> Vec<Row> {
        let most = if self.entity().is_owned() { CHUNK_CHILDREN } else { CHUNK_ROWS };
        let mut rows = Vec::new();
        while rows.len() < most {
            match file.next(&self.table) {
                None => break,
                Some(row) => {
                    self.report.counts.rows += 1;
                    match row {
                        Ok(row) => rows.push(row),
                        Err(mistake) => self.bad(0, vec![mistake]),
                    }
                }
            }
        }
        rows
    }

    /// Works on some rows; gives back those that refer to rows not seen yet.
    async fn chunk(&mut self, rows: Vec<Row>, last: bool) -> Result<Vec<Row>, Problem> {
        if self.entity().is_owned() {
            let table = Arc::clone(&self.table);
            self.children(&table, rows).await?;
            return Ok(Vec::new());
        }
        self.records(rows, last).await
    }

    fn entity(&self) -> &Entity {
        self.import.scope.catalog().entity(self.import.entity)
    }

    /// Notes a row that is not taken.
    fn bad(&mut self, file: usize, mistakes: Vec<Mistake>) {
        self.report.of(file).bad += 1;
        let room = MAX_MISTAKES.saturating_sub(self.report.mistakes.len());
        self.report.mistakes.extend(mistakes.into_iter().take(room));
    }

    /// Notes the key of a row; the line of an earlier row with the same key.
    fn seen_before(&mut self, table: &Table, key: &[Value], line: u64) -> Option<u64> {
        let short = short(table.file, key);
        match self.seen.get(&short) {
            Some(earlier) if *earlier != line => Some(*earlier),
            _ => {
                self.seen.insert(short, line);
                None
            }
        }
    }

    fn mistake(&self, table: &Table, line: u64, (column, wrong): (&str, Wrong)) -> Mistake {
        let entity = self.import.scope.catalog().entity(table.entity);
        let column = table.header.name_of(entity, column).to_owned();
        let Wrong { code, message } = wrong;
        Mistake { file: table.file, line, column, code: code.name().to_owned(), message }
    }

    /// What a problem of a single record says about its row.
    fn mistakes(&self, table: &Table, line: u64, problem: &Problem) -> Vec<Mistake> {
        let items = problem.mistakes();
        if items.is_empty() {
            let (code, message) = (problem.kind().slug().to_owned(), problem.to_string());
            return vec![Mistake { file: table.file, line, column: String::new(), code, message }];
        }
        items.iter().map(|item| self.item(table, line, (first_key(pointer_of(item)), item))).collect()
    }

    fn item(&self, table: &Table, line: u64, (field, item): (&str, &Item)) -> Mistake {
        let entity = self.import.scope.catalog().entity(table.entity);
        let column = table.header.name_of(entity, field).to_owned();
        Mistake { file: table.file, line, column, code: item.code.to_string(), message: item.message.clone() }
    }

    fn field_mistakes(&self, table: &Table, line: u64, problems: Vec<FieldProblem>) -> Vec<Mistake> {
        let mistake = |problem: FieldProblem| {
            let wrong = Wrong::new(problem.code, problem.message);
            self.mistake(table, line, (first_key(&problem.pointer), wrong))
        };
        problems.into_iter().map(mistake).collect()
    }
}

/// Where an item of a problem points to.
fn pointer_of(item: &Item) -> &str {
    let (Place::Pointer(place) | Place::Parameter(place) | Place::Header(place)) = &item.place;
    place
}

fn first_key(pointer: &str) -> &str {
    pointer.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// A key of a file, short: two that differ are never taken for the same.
fn short(file: usize, key: &[Value]) -> [u8; 16] {
    let mut hash = Sha256::new();
    let number = |number: usize| u64::try_from(number).unwrap_or_default().to_be_bytes();
    hash.update(number(file));
    for value in key {
        let text = value.to_storage_text().unwrap_or_default();
        hash.update(number(text.len()));
        hash.update(text.as_bytes());
    }
    let mut short = [0; 16];
    short.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    short
}

/// The record that a request about this entity is about.
fn root<'c>(catalog: &'c Catalog, entity: &'c Entity) -> &'c Entity {
    entity.owner().map_or(entity, |owner| root(catalog, catalog.entity(owner)))
}

/// The fields by which a row is the same as a record.
fn identity(entity: &Entity) -> Vec<String> {
    let mut fields = entity.def().natural_key.clone();
    if entity.def().has(Trait::EffectiveDated) && !fields.is_empty() {
        fields.push("valid_from".to_owned());
    }
    fields
}

/// Whether the natural key alone names one record.
pub(super) fn names_one(entity: &Entity) -> bool {
    !entity.def().has(Trait::EffectiveDated)
}

fn twice(line: u64) -> Wrong {
    Wrong::new(Code::Unique, format!("line {line} has the same key"))
}

/// The cell of a column, if there is one that says something.
fn said<'r>(row: &'r Row, header: &Header, column: Column) -> Option<&'r str> {
    let cell = row.cells.get(header.place(column)?)?;
    Some(cell.as_str()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
