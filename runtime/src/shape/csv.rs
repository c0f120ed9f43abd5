//! A page of records or groups as CSV: the JSON of the answer laid out as a table. A record behind a reference is
//! a group of columns (`supplier.name`), owned children are JSON in one cell.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::request::formula::{guarded, guarded_json};
use crate::request::json::{self, Json};

/// Deeper than any answer.
const MAX_DEPTH: usize = 64;

/// The `items` of an answer as CSV, with the cursor of the next page. `columns` are named also when no item has them.
///
/// # Errors
/// When `page` is not the JSON of a page.
pub fn page(page: &[u8], columns: Vec<String>) -> Result<(Vec<u8>, Option<String>), super::Misshapen> {
    let misshapen = || super::Misshapen(0);
    let Ok(Json::Object(members)) = json::parse(page, MAX_DEPTH) else { return Err(misshapen()) };
    let find = |name: &str| members.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let Some(Json::List(items)) = find("items") else { return Err(misshapen()) };
    let next = match find("next") {
        Some(Json::Text(cursor)) => Some(cursor.to_string()),
        _ => None,
    };
    let mut places: HashMap<String, usize> =
        columns.iter().enumerate().map(|(place, name)| (name.clone(), place)).collect();
    let groups: HashSet<String> = columns.iter().flat_map(|name| above(name)).map(str::to_owned).collect();
    let mut names = columns;
    let mut rows: Vec<Vec<Cow<'_, str>>> = Vec::with_capacity(items.len());
    for item in items {
        let mut row = Vec::with_capacity(names.len());
        flatten(item, "", &mut |name, cell| {
            // No record behind a reference: its columns stay empty, but for the id of one that may not be read.
            let mut name = name.to_owned();
            if groups.contains(&name) {
                name.push_str(".id");
                if !places.contains_key(&name) {
                    return;
                }
            }
            let place = *places.entry(name).or_insert_with_key(|name| {
                names.push(name.clone());
                names.len() - 1
            });
            if row.len() <= place {
                row.resize(place + 1, Cow::Borrowed(""));
            }
            if let Some(slot) = row.get_mut(place) {
                *slot = cell;
            }
        });
        rows.push(row);
    }
    let mut out = ::csv::Writer::from_writer(Vec::new());
    if !names.is_empty() {
        out.write_record(&names).map_err(|_| misshapen())?;
    }
    for mut row in rows {
        row.resize(names.len(), Cow::Borrowed(""));
        out.write_record(row.iter().map(|cell| cell.as_bytes())).map_err(|_| misshapen())?;
    }
    out.into_inner().map(|bytes| (bytes, next)).map_err(|_| misshapen())
}

/// The groups in which a column stands.
fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(|(dot, _)| name.get(..dot))
}

fn flatten<'j>(json: &'j Json<'_>, prefix: &str, cell: &mut impl FnMut(&str, Cow<'j, str>)) {
    let Json::Object(members) = json else { return };
    for (key, value) in members {
        let name = if prefix.is_empty() { key.to_string() } else { format!("{prefix}.{key}") };
        match value {
            Json::Object(_) => flatten(value, &name, cell),
            Json::Null => cell(&name, Cow::Borrowed("")),
            Json::Bool(truth) => cell(&name, Cow::Borrowed(if *truth { "true" } else { "false" })),
            Json::Number(digits) => cell(&name, Cow::Borrowed(digits)),
            Json::Text(text) => cell(&name, text_cell(text)),
            Json::List(_) => cell(&name, Cow::Owned(guarded_json(&value.canonical()).into_owned())),
        }
    }
}

/// Numbers travel as strings when they are decimals: a minus sign alone makes no formula.
fn text_cell(text: &str) -> Cow<'_, str> {
    let is_number = text
        .strip_prefix('-')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    if is_number { Cow::Borrowed(text) } else { guarded(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_become_rows_whatever_they_hold() {
        let json = r#"{"items":[
            {"code":"A","supplier":null,"total":"-1.50","lines":[{"b":1,"a":"x"}],"ok":true},
            {"code":"=1","supplier":{"id":"7","name":"Oak, Ltd"},"total":"2.00","lines":[],"ok":null}
        ],"next":"c1"}"#;
        let columns =
            || ["code", "supplier.id", "supplier.name", "total", "lines", "ok"].map(str::to_owned).into();
        let (text, next) = page(json.as_bytes(), columns()).expect("a page");
        assert_eq!(
            String::from_utf8(text).expect("text"),
            "code,supplier.id,supplier.name,total,lines,ok\n\
             A,,,-1.50,\"[{\"\"a\"\":\"\"x\"\",\"\"b\"\":1}]\",true\n\
             '=1,7,\"Oak, Ltd\",2.00,[],\n"
        );
        assert_eq!(next.as_deref(), Some("c1"));
        let (empty, _) = page(b"{\"items\":[],\"next\":null}", columns()).expect("a page");
        assert_eq!(empty, b"code,supplier.id,supplier.name,total,lines,ok\n");
        assert!(page(b"[]", columns()).is_err());
    }
}
