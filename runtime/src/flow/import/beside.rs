//! Files of owned children beside the file of their owners: read once to know whose each row is, and again, row by
//! row, when its owner's turn has come. Kept in memory: where the rows begin.

use std::collections::HashMap;
use std::sync::Arc;

use athyper_expr::Value;
use uuid::Uuid;

use super::file::{At, CsvFile};
use super::{CHUNK_CHILDREN, Job, Row, Source, Table, said, short};
use crate::problem::Problem;
use crate::request::table::Column;

/// A file of children.
pub(super) struct Beside {
    /// What the rows are.
    table: Arc<Table>,
    file: CsvFile<Box<dyn Source>>,
    /// The rows by the key of their owner.
    rows: HashMap<[u8; 16], Vec<At>>,
    /// Rows that name no owner.
    others: Vec<At>,
}

/// A row of a file of children: which file, and the row.
pub(super) type ChildRow = (Arc<Table>, Row);

impl Beside {
    pub(super) fn new(table: Arc<Table>, file: CsvFile<Box<dyn Source>>) -> Self {
        Self { table, file, rows: HashMap::new(), others: Vec::new() }
    }

    fn row(&mut self, at: At) -> Result<Row, Problem> {
        self.file.row(at, &self.table).map_err(|why| Problem::internal(anyhow::anyhow!(why)))
    }
}

impl Job<'_> {
    /// Finds out whose the rows of the files of children are; how many bytes that took.
    pub(super) async fn index_children(
        &mut self,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<u64, Problem> {
        let mut bytes = 0;
        let mut files = std::mem::take(&mut self.beside);
        for beside in &mut files {
            while let Some(row) = beside.file.next(&beside.table) {
                self.report.of(beside.table.file).rows += 1;
                match row {
                    Ok(row) => self.index(beside, &row).await?,
                    Err(mistake) => self.bad(beside.table.file, vec![mistake]),
                }
                progress(bytes + beside.file.bytes_read());
            }
            bytes += beside.file.bytes_read();
        }
        self.beside = files;
        Ok(bytes)
    }

    async fn index(&mut self, beside: &mut Beside, row: &Row) -> Result<(), Problem> {
        let at = beside.file.at();
        let cell = said(row, &beside.table.header, Column::Owner).unwrap_or_default();
        let catalog = self.session.catalog();
        let owner = catalog.entity(self.import.entity);
        let key = match Uuid::try_parse(cell) {
            Ok(id) if cell.len() == 36 => Some(vec![Value::Uuid(id)]),
            _ => self.keys.key_of(&mut self.session, owner, cell).await?,
        };
        match key {
            Some(key) => beside.rows.entry(short(0, &key)).or_default().push(at),
            None => beside.others.push(at),
        }
        Ok(())
    }

    /// The rows of children of a record, which are given once.
    pub(super) fn children_of_row(
        &mut self,
        key: Option<&[Value]>,
        id: Option<Uuid>,
    ) -> Result<Vec<ChildRow>, Problem> {
        let id = id.map(|id| vec![Value::Uuid(id)]);
        let mut found = Vec::new();
        for beside in &mut self.beside {
            for key in [key, id.as_deref()].into_iter().flatten() {
                for at in beside.rows.remove(&short(0, key)).unwrap_or_default() {
                    found.push((Arc::clone(&beside.table), beside.row(at)?));
                }
            }
        }
        Ok(found)
    }

    /// Adds the rows whose owners have no row in this import to the owners that are there.
    pub(super) async fn children_of_others(&mut self) -> Result<(), Problem> {
        let mut files = std::mem::take(&mut self.beside);
        for beside in &mut files {
            let mut left = std::mem::take(&mut beside.others);
            left.extend(std::mem::take(&mut beside.rows).into_values().flatten());
            left.sort_by_key(At::byte);
            let table = Arc::clone(&beside.table);
            for places in left.chunks(CHUNK_CHILDREN) {
                let rows = places.iter().map(|at| beside.row(*at)).collect::<Result<_, _>>()?;
                self.children(&table, rows).await?;
            }
        }
        Ok(())
    }
}
