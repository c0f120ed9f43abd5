//! `athyper export`: the records of an entity as a CSV file that `athyper import` takes back.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::table::{Columns, Opened, Place, refused, rows};
use super::{Code, Failure, why};
use crate::flow::export::{Export as Wanted, ExportError, Style};
use crate::request::table::Header;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The entity, such as `Product`
    entity: String,
    /// Where to write; stdout without it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the columns of this CSV file, named and ordered as there
    #[arg(long, value_name = "FILE")]
    like: Option<PathBuf>,
    #[command(flatten)]
    columns: Columns,
    /// Instants as `2026-03-31 09:30:00` in UTC instead of RFC 3339
    #[arg(long)]
    plain_times: bool,
    /// Text as it is, even where a spreadsheet would take it for a formula; `athyper import --unguarded` takes it back
    #[arg(long)]
    unguarded: bool,
    #[command(flatten)]
    place: Place,
}

impl Export {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let opened = self.place.open().await?;
        let wanted = Wanted {
            db: &opened.db,
            scope: &opened.scope,
            principal: &opened.principal,
            entity: opened.entity(&self.entity)?,
            style: Style { plain_times: self.plain_times, unguarded: self.unguarded },
        };
        let header = match &self.like {
            Some(file) => self.header_of(file, &opened, &wanted)?,
            None => wanted.header(),
        };
        let done = match &self.out {
            None => wanted.write(&header, std::io::stdout()).await,
            Some(file) => {
                let cannot = |e: std::io::Error| {
                    Failure::outside(format!("cannot write `{}`: {}", file.display(), why(&e)))
                };
                let draft = Draft::of(file).map_err(cannot)?;
                let done = wanted.write(&header, BufWriter::new(&draft.out)).await;
                draft.end(done.is_ok()).map_err(cannot)?;
                done
            }
        };
        opened.db.close().await;
        let target = self.out.as_ref().map_or("stdout".into(), |file| file.to_string_lossy());
        let count = done.map_err(|error| match error {
            ExportError::Problem(problem) => refused(&problem),
            ExportError::Write(_) => Failure::outside(format!("`{target}`: {error}")),
        })?;
        let _ = writeln!(std::io::stderr(), "{}", rows(count));
        Ok(())
    }

    fn header_of(&self, file: &Path, opened: &Opened, wanted: &Wanted<'_>) -> Result<Header, Failure> {
        let broken = |e: csv::Error| Failure::outside(format!("cannot read `{}`: {e}", file.display()));
        let mut reader = csv::Reader::from_path(file).map_err(broken)?;
        let names = reader.headers().map_err(broken)?;
        let names = names.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        let catalog = opened.scope.catalog();
        Header::read(catalog, catalog.entity(wanted.entity), names, &self.columns.mapping(&[])?.0, |_| true)
            .map_err(|wrong| Failure::new(Code::Usage, wrong.join("\n")))
    }
}

/// A file on its way: what was there before stays until the new one is whole.
struct Draft {
    out: File,
    /// Where it is written and where it belongs; nothing for what cannot be replaced, such as a pipe.
    path: Option<(PathBuf, PathBuf)>,
}

impl Draft {
    fn of(file: &Path) -> std::io::Result<Self> {
        let is_replaceable = std::fs::symlink_metadata(file).map_or(true, |there| there.is_file());
        let Some(name) = file.file_name().filter(|_| is_replaceable) else {
            return Ok(Self { out: File::create(file)?, path: None });
        };
        let draft = file.with_file_name(format!(".{}.part", name.to_string_lossy()));
        Ok(Self { out: File::create(&draft)?, path: Some((draft, file.to_owned())) })
    }

    /// Puts it in its place when it is whole, and removes it when it is not.
    fn end(self, is_whole: bool) -> std::io::Result<()> {
        match &self.path {
            Some((draft, file)) if is_whole => std::fs::rename(draft, file),
            Some((draft, _)) => std::fs::remove_file(draft),
            None => Ok(()),
        }
    }
}
