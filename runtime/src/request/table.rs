//! A CSV file as rows of one entity: which column is which field, and what a cell says. Pure.

use std::borrow::Cow;

use athyper_expr::moment;
use athyper_schemas::bundle::System;
use athyper_schemas::field_types::Storage;

use super::formula::unguarded;
use super::json::{self, Json};
use super::suggest::nearest;
use crate::catalog::{Catalog, Entity, Field, FieldId};
use crate::value::field_problem::{Code, Wrong};

/// What a column of the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Left alone.
    Ignored,
    /// The id of a record that is there.
    Id,
    /// Which record owns the row.
    Owner,
    /// A field.
    Field(FieldId),
}

/// What the caller says about the header.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// `Header=field`.
    pub named: Vec<(String, String)>,
    /// Headers to leave alone.
    pub ignored: Vec<String>,
    /// Whether the texts of all files are as they are, without guards against formulas.
    pub unguarded: bool,
}

/// Which column is which, by the place in the file.
#[derive(Debug, Clone)]
pub struct Header {
    /// The names as the file has them.
    pub names: Vec<String>,
    /// What they are.
    pub columns: Vec<Column>,
}

impl Header {
    /// Finds out what the columns of a file are, among the fields that somebody knows.
    ///
    /// # Errors
    /// Everything that is wrong with the header, in words.
    pub fn read(
        catalog: &Catalog,
        entity: &Entity,
        names: Vec<String>,
        mapping: &Mapping,
        knows: impl Fn(&Field) -> bool,
    ) -> Result<Self, Vec<String>> {
        let mut aliases = aliases(catalog, entity);
        aliases.retain(|(_, column)| match column {
            Column::Field(field) => knows(entity.field(*field)),
            _ => true,
        });
        let mut wrong = Vec::new();
        for (name, _) in mapping.named.iter() {
            if !names.contains(name) {
                wrong.push(format!("the file has no column `{name}`, which `--map` names"));
            }
        }
        for name in mapping.ignored.iter().filter(|name| !names.contains(name)) {
            wrong.push(format!("the file has no column `{name}`, which `--ignore-column` names"));
        }
        let mut columns: Vec<Column> = Vec::with_capacity(names.len());
        for name in &names {
            let named = mapping.named.iter().find(|(header, _)| header == name).map(|(_, field)| field);
            let column = if mapping.ignored.contains(name) {
                Ok(Column::Ignored)
            } else {
                find(&aliases, entity, named.unwrap_or(name))
            };
            match column {
                Ok(column) if column != Column::Ignored && columns.contains(&column) => {
                    wrong.push(format!("the column `{name}` is the same field as an earlier one"));
                    columns.push(Column::Ignored);
                }
                Ok(column) => columns.push(column),
                Err(why) => {
                    wrong.push(why);
                    columns.push(Column::Ignored);
                }
            }
        }
        if columns.contains(&Column::Ignored) && !wrong.is_empty() {
            let fields: Vec<_> = writable(&aliases, entity).map(|name| format!("`{name}`")).collect();
            wrong.push(format!("{} has {}", entity.def().url, fields.join(", ")));
        }
        if entity.is_owned() && !columns.contains(&Column::Owner) {
            let owner = entity.owner().map_or("owner", |o| &catalog.entity(o).def().url);
            wrong.push(format!(
                "no column says which {owner} a row belongs to; name it with `--map COLUMN=parent`"
            ));
        }
        if wrong.is_empty() { Ok(Self { names, columns }) } else { Err(wrong) }
    }

    /// The place of a column.
    #[must_use]
    pub fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|c| *c == column)
    }

    /// The name the file gives a field, or the field's own.
    #[must_use]
    pub fn name_of<'h>(&'h self, entity: &'h Entity, field: &'h str) -> &'h str {
        let id = entity.named(field).map(|f| match f.def().system {
            Some(System::Id) => Column::Id,
            Some(System::Parent) => Column::Owner,
            _ => Column::Field(f.id()),
        });
        let place = id.and_then(|column| self.place(column));
        place.and_then(|place| self.names.get(place)).map_or(field, String::as_str)
    }
}

/// Every name a column can have, in its plainest form.
fn aliases(catalog: &Catalog, entity: &Entity) -> Vec<(String, Column)> {
    let mut out = Vec::new();
    for field in entity.fields() {
        let column = match field.def().system {
            Some(System::Id) => Column::Id,
            Some(System::Parent) => Column::Owner,
            Some(_) => continue,
            None if field.def().computed.is_some() || field.children().is_some() => continue,
            None => Column::Field(field.id()),
        };
        out.push((plain(field.name()), column));
        let own_column = field.column().filter(|_| column != Column::Id);
        out.extend(
            [own_column, Some(field.def().label.as_str())].into_iter().flatten().map(|n| (plain(n), column)),
        );
    }
    if let Some(owner) = entity.owner().map(|o| catalog.entity(o)) {
        let short = owner.name().rsplit('.').next().unwrap_or_default();
        let keys = owner.def().natural_key.iter().filter(|_| owner.def().natural_key.len() == 1);
        let names = [short.to_owned(), format!("{short}id"), owner.def().label.clone()];
        out.extend(names.iter().chain(keys).map(|name| (plain(name), Column::Owner)));
    }
    out
}

fn find(aliases: &[(String, Column)], entity: &Entity, name: &str) -> Result<Column, String> {
    let wanted = plain(name);
    let exact = entity.named(name.trim()).map(|f| Column::Field(f.id()));
    let found = aliases.iter().find(|(_, column)| exact == Some(*column));
    if let Some((_, column)) = found.or_else(|| aliases.iter().find(|(alias, _)| *alias == wanted)) {
        return Ok(*column);
    }
    let hint = match nearest(name, writable(aliases, entity)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    Err(format!(
        "the column `{name}` is no field of {}{hint} (or `--ignore-column {name}`)",
        entity.def().url
    ))
}

/// The fields that a column can be.
fn writable<'e>(aliases: &[(String, Column)], entity: &'e Entity) -> impl Iterator<Item = &'e str> {
    let is_column = |field: &&Field| aliases.iter().any(|(_, column)| *column == Column::Field(field.id()));
    entity.fields().iter().filter(is_column).map(Field::name)
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What a cell that is not empty says about a field that is no reference. `raw` says that texts have no guards.
///
/// # Errors
/// When it holds broken JSON.
pub fn cell<'t>(field: &Field, text: &'t str, raw: bool) -> Result<Json<'t>, Wrong> {
    let trimmed = text.trim();
    Ok(match field.storage() {
        Storage::Int if is_whole(trimmed) => Json::Number(trimmed.strip_prefix('+').unwrap_or(trimmed)),
        Storage::Bool => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Json::Bool(true),
            "false" | "no" | "0" => Json::Bool(false),
            _ => return Err(Wrong::new(Code::Type, "must be `true` or `false`")),
        },
        Storage::Datetime => Json::Text(datetime(trimmed)),
        Storage::Date => Json::Text(trimmed.strip_suffix(" 00:00:00").unwrap_or(trimmed).into()),
        Storage::Json if field.def().ty.item.is_some() && !trimmed.starts_with('[') => {
            Json::List(trimmed.split(';').map(|item| Json::Text(item.trim().into())).collect())
        }
        Storage::Json => json::parse(text.as_bytes(), 32)
            .map_err(|e| Wrong::new(Code::Format, format!("must be JSON; {e}")))?,
        Storage::Int => return Err(Wrong::new(Code::Type, "must be a whole number")),
        Storage::Text if !raw => Json::Text(unguarded(text)),
        Storage::Text => Json::Text(text.into()),
        _ => Json::Text(trimmed.into()),
    })
}

fn is_whole(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    text.len() - digits.len() <= 1
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

/// `2021-03-04 00:00:00` is an instant in UTC.
fn datetime(text: &str) -> Cow<'_, str> {
    let utc = format!("{}Z", text.replacen(' ', "T", 1));
    match moment::parse_datetime(text) {
        None if moment::parse_datetime(&utc).is_some() => Cow::Owned(utc),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_without_offset_are_utc() {
        assert_eq!(datetime("2021-03-04 00:00:00"), "2021-03-04T00:00:00Z");
        assert_eq!(datetime("2021-03-04T00:00:00+01:00"), "2021-03-04T00:00:00+01:00");
        assert_eq!(datetime("yesterday"), "yesterday");
    }

    #[test]
    fn whole_numbers_are_numbers_only() {
        for (text, whole) in [
            ("0", true),
            ("-12", true),
            ("+3", true),
            ("007", false),
            ("1.0", false),
            ("", false),
            ("--1", false),
        ] {
            assert_eq!(is_whole(text), whole, "{text}");
        }
    }
}
