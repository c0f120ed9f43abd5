//! `athyper import`: a CSV file through the ordinary write path, all of it or nothing.

use std::fs::File;
use std::io::{IsTerminal, Write as _};
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::table::{Columns, Place, refused};
use super::{Code, Failure, say};
use crate::flow::import::{Import as Wanted, ImportError, Mistake, Report};
use crate::flow::write::{WriteSettings, WriteSide};

/// Bad rows that are printed; the report file has them all.
const SHOWN: usize = 20;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The entity, such as `Product`
    entity: String,
    /// The CSV file: UTF-8, its first line names the columns
    file: PathBuf,
    #[command(flatten)]
    columns: Columns,
    /// Do everything, then undo it
    #[arg(long)]
    dry_run: bool,
    /// Keep the good rows when others are bad
    #[arg(long)]
    skip_bad: bool,
    /// Write one line per mistake to this CSV file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

impl Import {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mapping = self.columns.mapping()?;
        let file = File::open(&self.file)
            .map_err(|e| Failure::outside(format!("cannot read `{}`: {}", self.file.display(), e.kind())))?;
        let bytes = file.metadata().map_or(0, |m| m.len());
        let opened = self.place.open().await?;
        let wanted = Wanted {
            scope: &opened.scope,
            principal: &opened.principal,
            entity: opened.entity(&self.entity)?,
            mapping: &mapping,
            dry_run: self.dry_run,
            skip_bad: self.skip_bad,
        };
        let bar = bar(bytes);
        let writes = WriteSide::new(opened.db.clone(), WriteSettings::from(&opened.config));
        let outcome = writes.import(&wanted, file, |read| bar.set_position(read)).await;
        bar.finish_and_clear();
        opened.db.close().await;
        let report = outcome.map_err(|error| match error {
            ImportError::Header(_) => Failure::new(Code::Usage, error),
            ImportError::File(_) => Failure::outside(format!("`{}`: {error}", self.file.display())),
            ImportError::Problem(problem) => refused(&problem),
        })?;
        self.tell(&report)
    }

    fn tell(&self, report: &Report) -> Result<(), Failure> {
        if let Some(file) = &self.report {
            write_report(file, &report.mistakes)
                .map_err(|e| Failure::outside(format!("cannot write `{}`: {e}", file.display())))?;
        }
        let mut err = std::io::stderr().lock();
        for mistake in report.mistakes.iter().take(SHOWN) {
            let Mistake { line, column, code, message } = mistake;
            let at = if column.is_empty() { String::new() } else { format!(", column `{column}`") };
            let _ = writeln!(err, "line {line}{at}: {message} ({code})");
        }
        if report.mistakes.len() > SHOWN {
            let more = report.mistakes.len() - SHOWN;
            let _ = writeln!(err, "and {more} more; `--report FILE` lists them all");
        }
        let Report { rows, created, updated, same, bad, kept, .. } = report;
        say(format_args!("{rows} rows: {created} created, {updated} updated, {same} unchanged, {bad} bad"))?;
        if self.dry_run {
            say("nothing was written: this was a dry run")?;
        } else if !kept {
            say("nothing was written; mend the file, or take the good rows with `--skip-bad`")?;
        }
        if *bad > 0 { Err(Failure::new(Code::Findings, "")) } else { Ok(()) }
    }
}

fn write_report(file: &PathBuf, mistakes: &[Mistake]) -> Result<(), csv::Error> {
    let mut out = csv::Writer::from_path(file)?;
    out.write_record(["line", "column", "code", "message"])?;
    for Mistake { line, column, code, message } in mistakes {
        out.write_record([&line.to_string(), column, code, message])?;
    }
    Ok(out.flush()?)
}

fn bar(bytes: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {percent} % {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
