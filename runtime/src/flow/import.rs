//! A CSV file through the ordinary write path, in one transaction: every row is validated, judged and written as
//! a request would be, and the file can be imported again without doing anything twice.

use std::collections::HashMap;
use std::io::Read;

use athyper_expr::Value;
use athyper_schemas::bundle::{Action, Trait};
use sha2::{Digest, Sha256};

use super::session::Session;
use super::write::WriteSide;
use crate::catalog::{Catalog, Entity, EntityId};
use crate::policy::{self, Access};
use crate::problem::{Place, Problem};
use crate::request::table::{Column, Header, Mapping};
use crate::value::field_problem::{Code, FieldProblem, Wrong};
use crate::who::{Principal, Scope};

mod children;
mod file;
mod keys;
mod records;

use keys::Keys;

/// Rows that are worked on at a time.
const CHUNK_ROWS: usize = 500;

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

/// What became of the rows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
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
    /// Whether anything was kept.
    pub kept: bool,
    /// Why rows were not taken.
    pub mistakes: Vec<Mistake>,
}

/// Why a row was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
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
    /// The header cannot be used.
    #[error("{}", .0.join("\n"))]
    Header(Vec<String>),
    /// The file is no CSV file in UTF-8.
    #[error("{0}")]
    File(String),
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

/// An import on its way.
struct Job<'j> {
    import: &'j Import<'j>,
    session: Session,
    header: Header,
    create: Access,
    update: Access,
    keys: Keys,
    seen: HashMap<[u8; 16], u64>,
    report: Report,
}

impl WriteSide {
    /// Imports a file; `progress` is told how many bytes were read.
    ///
    /// # Errors
    /// When no row could be looked at. Bad rows are no error: they are in the report.
    pub async fn import<R: Read + Send>(
        &self,
        import: &Import<'_>,
        source: R,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<Report, ImportError> {
        let catalog = import.scope.catalog();
        let entity = catalog.entity(import.entity);
        let root = root(catalog, entity);
        let decide = |action| policy::decide(import.scope, import.principal, root.id(), action);
        let update = decide(Action::Update).map_err(Problem::from)?;
        let create =
            if entity.is_owned() { update.clone() } else { decide(Action::Create).map_err(Problem::from)? };
        let mut file = file::CsvFile::open(source).map_err(ImportError::File)?;
        let header =
            Header::read(catalog, entity, file.header(), import.mapping).map_err(ImportError::Header)?;
        let mut job = Job {
            import,
            session: Session::begin(&self.db, import.scope, import.principal).await?,
            header,
            create,
            update,
            keys: Keys::default(),
            seen: HashMap::new(),
            report: Report::default(),
        };
        job.run(&mut file, &mut progress).await?;
        let Job { session, mut report, .. } = job;
        report.kept = !import.dry_run && (report.bad == 0 || import.skip_bad);
        if report.kept {
            session.commit().await?;
        } else {
            session.rollback().await?;
        }
        report.mistakes.sort_by_key(|m| m.line);
        Ok(report)
    }
}

impl Job<'_> {
    async fn run<R: Read>(
        &mut self,
        file: &mut file::CsvFile<R>,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<(), Problem> {
        let mut later = Vec::new();
        loop {
            let rows = self.next_rows(file);
            progress(file.bytes_read());
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
                return Ok(());
            }
            later = still;
        }
        Ok(())
    }

    fn next_rows<R: Read>(&mut self, file: &mut file::CsvFile<R>) -> Vec<Row> {
        let mut rows = Vec::new();
        while rows.len() < CHUNK_ROWS {
            match file.next(self.header.names.len()) {
                None => break,
                Some(Ok(row)) => {
                    self.report.rows += 1;
                    rows.push(row);
                }
                Some(Err(mistake)) => {
                    self.report.rows += 1;
                    self.bad(vec![mistake]);
                }
            }
        }
        rows
    }

    /// Works on some rows; gives back those that refer to rows not seen yet.
    async fn chunk(&mut self, rows: Vec<Row>, last: bool) -> Result<Vec<Row>, Problem> {
        if self.entity().is_owned() {
            self.children(rows).await?;
            return Ok(Vec::new());
        }
        self.records(rows, last).await
    }

    fn entity(&self) -> &Entity {
        self.import.scope.catalog().entity(self.import.entity)
    }

    /// Notes a row that is not taken.
    fn bad(&mut self, mistakes: Vec<Mistake>) {
        self.report.bad += 1;
        let room = MAX_MISTAKES.saturating_sub(self.report.mistakes.len());
        self.report.mistakes.extend(mistakes.into_iter().take(room));
    }

    /// Notes the key of a row; the line of an earlier row with the same key.
    fn seen_before(&mut self, key: &[Value], line: u64) -> Option<u64> {
        let mut hash = Sha256::new();
        for value in key {
            let text = value.to_storage_text().unwrap_or_default();
            hash.update(u64::try_from(text.len()).unwrap_or_default().to_be_bytes());
            hash.update(text.as_bytes());
        }
        let mut short = [0; 16];
        short.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        match self.seen.get(&short) {
            Some(earlier) if *earlier != line => Some(*earlier),
            _ => {
                self.seen.insert(short, line);
                None
            }
        }
    }

    fn mistake(&self, line: u64, column: &str, wrong: Wrong) -> Mistake {
        let column = self.header.name_of(self.entity(), column).to_owned();
        Mistake { line, column, code: wrong.code.name().to_owned(), message: wrong.message }
    }

    /// What a problem of a single record says about its row.
    fn mistakes(&self, line: u64, problem: &Problem) -> Vec<Mistake> {
        let items = problem.mistakes();
        if items.is_empty() {
            let (code, message) = (problem.kind().slug().to_owned(), problem.to_string());
            return vec![Mistake { line, column: String::new(), code, message }];
        }
        let mistake = |item: &crate::problem::Item| {
            let (Place::Pointer(place) | Place::Parameter(place) | Place::Header(place)) = &item.place;
            let field = place.trim_start_matches('/').split('/').next().unwrap_or_default();
            let column = self.header.name_of(self.entity(), field).to_owned();
            Mistake { line, column, code: item.code.to_string(), message: item.message.clone() }
        };
        items.iter().map(mistake).collect()
    }

    fn field_mistakes(&self, line: u64, problems: Vec<FieldProblem>) -> Vec<Mistake> {
        let mistake = |problem: FieldProblem| {
            let field = problem.pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
            let column = self.header.name_of(self.entity(), field).to_owned();
            Mistake { line, column, code: problem.code.name().to_owned(), message: problem.message }
        };
        problems.into_iter().map(mistake).collect()
    }
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
