//! `athyper import`: a CSV file through the ordinary write path, all of it or nothing.

use std::fs::File;
use std::io::{IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::table::{Columns, Opened, Place, refused, rows as in_words};
use super::{Code, Failure, say, why};
use crate::catalog::{EntityId, Field, FieldId};
use crate::flow::import::{ChildFile, Counts, Import as Wanted, ImportError, Mistake, Report};
use crate::flow::write::{WriteSettings, WriteSide};
use crate::request::formula::guarded;
use crate::request::suggest::nearest;

/// Bad rows that are printed; the report file has them all.
const SHOWN: usize = 20;

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The entity, such as `Product`
    entity: String,
    /// The CSV file: UTF-8, its first line names the columns
    file: PathBuf,
    /// A list of owned children and the CSV file with its rows, such as `lines=lines.csv`: they are written together
    /// with their owners; may be given once for each list
    #[arg(long = "children", value_name = "LIST=FILE", value_parser = list_and_file)]
    children: Vec<(String, PathBuf)>,
    #[command(flatten)]
    columns: Columns,
    /// Text as it is: no quote is taken off that guards it against spreadsheets
    #[arg(long)]
    unguarded: bool,
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

fn list_and_file(text: &str) -> Result<(String, PathBuf), String> {
    let (list, file) = text.split_once('=').ok_or("there is no `=`; write LIST=FILE")?;
    Ok((list.trim().to_owned(), file.into()))
}

impl Import {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let lists: Vec<&str> = self.children.iter().map(|(list, _)| list.as_str()).collect();
        let (mut mapping, of_children) = self.columns.mapping(&lists)?;
        mapping.unguarded = self.unguarded;
        let (file, mut bytes) = open(&self.file)?;
        let opened = self.place.open().await?;
        let entity = opened.entity(&self.entity)?;
        let mut children = Vec::with_capacity(lists.len());
        for ((list, path), mapping) in self.children.iter().zip(&of_children) {
            let list = list_of(&opened, entity, list)?;
            if children.iter().any(|child: &ChildFile<'_>| child.list == list) {
                return Err(Failure::new(Code::Usage, "`--children` names a list twice"));
            }
            let (source, more) = open(path)?;
            bytes += more;
            children.push(ChildFile { list, mapping, source: Box::new(source) });
        }
        let wanted = Wanted {
            scope: &opened.scope,
            principal: &opened.principal,
            entity,
            mapping: &mapping,
            dry_run: self.dry_run,
            skip_bad: self.skip_bad,
        };
        let bar = bar(bytes);
        let writes = WriteSide::new(opened.db.clone(), WriteSettings::from(&opened.config));
        let outcome = writes.import(&wanted, file, children, |read| bar.set_position(read)).await;
        bar.finish_and_clear();
        opened.db.close().await;
        let report = outcome.map_err(|error| match error {
            ImportError::Header(file, _) if file > 0 => {
                Failure::new(Code::Usage, format!("`{}`: {error}", self.name_of(file)))
            }
            ImportError::Header(..) => Failure::new(Code::Usage, error),
            ImportError::File(file, _) => Failure::outside(format!("`{}`: {error}", self.name_of(file))),
            ImportError::Problem(problem) => refused(&problem),
        })?;
        self.tell(&report)?;
        let looks_down = self.children.is_empty() && report.mistakes.iter().any(|m| m.code == "check");
        if let Some(list) = children_of(&opened, entity).next().filter(|_| looks_down) {
            let name = list.name();
            let _ = writeln!(
                std::io::stderr(),
                "a check may need the `{name}` of a record: `--children {name}=FILE` takes them in together"
            );
        }
        if report.bad() > 0 { Err(Failure::new(Code::Findings, "")) } else { Ok(()) }
    }

    fn name_of(&self, file: usize) -> String {
        let child = file.checked_sub(1).and_then(|place| self.children.get(place));
        child.map_or(&self.file, |(_, file)| file).display().to_string()
    }

    fn tell(&self, report: &Report) -> Result<(), Failure> {
        if let Some(file) = &self.report {
            self.write_report(file, &report.mistakes)
                .map_err(|e| Failure::outside(format!("cannot write `{}`: {e}", file.display())))?;
        }
        let mut err = std::io::stderr().lock();
        for mistake in report.mistakes.iter().take(SHOWN) {
            let Mistake { file, line, column, code, message } = mistake;
            let of =
                if self.children.is_empty() { String::new() } else { format!("{}, ", self.name_of(*file)) };
            let at = if column.is_empty() { String::new() } else { format!(", column `{column}`") };
            let _ = writeln!(err, "{of}line {line}{at}: {message} ({code})");
        }
        if report.mistakes.len() > SHOWN {
            let more = report.mistakes.len() - SHOWN;
            let _ = writeln!(err, "and {more} more; `--report FILE` lists them all");
        }
        drop(err);
        let all = std::iter::once(&report.counts).chain(&report.children);
        for (file, counts) in all.enumerate() {
            let of = match file.checked_sub(1).and_then(|place| self.children.get(place)) {
                Some((list, _)) => format!("{list}: "),
                None if self.children.is_empty() => String::new(),
                None => format!("{}: ", self.entity),
            };
            say(format_args!("{of}{}", summary(counts, report.kept)))?;
        }
        if self.dry_run {
            say("nothing was written: this was a dry run")?;
        } else if !report.kept {
            say("nothing was written; mend the file, or take the good rows with `--skip-bad`")?;
        }
        Ok(())
    }

    fn write_report(&self, file: &Path, mistakes: &[Mistake]) -> Result<(), csv::Error> {
        let mut out = csv::Writer::from_path(file)?;
        out.write_record(["file", "line", "column", "code", "message"])?;
        for Mistake { file, line, column, code, message } in mistakes {
            // The columns and what is wrong are in the words of the file.
            let (name, line) = (self.name_of(*file), line.to_string());
            let [name, column, message] = [&name, column, message].map(|text| guarded(text));
            out.write_record([&*name, &*line, &*column, &**code, &*message])?;
        }
        Ok(out.flush()?)
    }
}

fn open(path: &Path) -> Result<(File, u64), Failure> {
    let cannot =
        |e: std::io::Error| Failure::outside(format!("cannot read `{}`: {}", path.display(), why(&e)));
    let file = File::open(path).map_err(cannot)?;
    let bytes = file.metadata().map_or(0, |m| m.len());
    Ok((file, bytes))
}

fn children_of(opened: &Opened, entity: EntityId) -> impl Iterator<Item = &Field> {
    opened.scope.catalog().entity(entity).fields().iter().filter(|field| field.children().is_some())
}

/// The list of owned children with this name.
fn list_of(opened: &Opened, entity: EntityId, name: &str) -> Result<FieldId, Failure> {
    if let Some(list) = children_of(opened, entity).find(|field| field.name() == name) {
        return Ok(list.id());
    }
    let url = &opened.scope.catalog().entity(entity).def().url;
    let names: Vec<&str> = children_of(opened, entity).map(Field::name).collect();
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if names.is_empty() => ", nor any other".to_owned(),
        None => format!("; there are {}", names.join(", ")),
    };
    Err(Failure::new(Code::Usage, format!("{url} has no owned children `{name}`{hint}")))
}

/// What became of the rows of a file, or would have.
fn summary(counts: &Counts, kept: bool) -> String {
    let Counts { rows, created, updated, same, bad } = counts;
    let rows = in_words(*rows);
    if kept {
        format!("{rows}: {created} created, {updated} updated, {same} unchanged, {bad} bad")
    } else {
        format!("{rows}: {created} to create, {updated} to update, {same} unchanged, {bad} bad")
    }
}

fn bar(bytes: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{wide_bar} {percent} % {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
