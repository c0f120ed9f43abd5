//! Tables for spreadsheets: what somebody wrote into a text is no formula in the program of whoever opens the file, and
//! nothing is lost on the way back.

use std::process::Command;

use athyper_tests::programs;
use athyper_tests::server::{Server, Store};
use reqwest::{Method, Url};
use serde_json::{Value, json};

const MODEL: &str = "
entity: Row
class: master
key: [code]
fields:
  code:   string(80)! unique
  body:   text
  amount: decimal(10, 2)
  pieces: int
  tags:   list(string(40))
  about:  json
  next:   Row
---
policy: RowAccess
for: Row
rules:
  - { id: all, allow: [read, create, update], to: [clerk] }
";

/// What runs a program or calls home when a spreadsheet takes it for a formula, and what only looks so.
const HOSTILE: [&str; 16] = [
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "＝1+1",
    "'=1+1",
    "''=1+1",
    "'quoted",
    "O'Neil",
    "x;=1+1;y",
    "x;-2;+3;@4;'=5",
    "a,=1+1",
    "\"=1+1",
    "\"\";=1+1;\"",
    "-5",
    "+49 30 1234",
];
const LINES: [&str; 5] = ["\t=1+1", "one\n=1+1;two", "- a\n- b", "\n=1", "a\r\n=b"];

async fn call(server: &Server, method: Method, path: &str, body: Option<&Value>) -> String {
    let url = Url::parse(server.base()).unwrap().join(path).unwrap();
    let mut request = server.request(method, url, Some("clerk@acme")).unwrap();
    request = match body {
        Some(body) => request.json(body),
        None => request.header("accept", "text/csv"),
    };
    let response = request.send().await.unwrap();
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{text}");
    text
}

/// Whether a cell, which may stand in quotes, begins a formula; a number does not, nor one that others follow.
fn is_formula(cell: &str) -> bool {
    let cell = cell.strip_prefix('"').unwrap_or(cell);
    let first = cell.split(',').next().unwrap().trim_end_matches('"');
    cell.starts_with(['=', '+', '-', '@', '＝', '\t', '\r']) && first.parse::<f64>().is_err()
}

/// Cells of a table as a program takes them that goes by these separators and knows no quotes.
fn assert_safe(table: &str, context: &str) {
    for separator in [';', '\t'] {
        for line in table.split(['\n', '\r']) {
            for cell in line.split(separator) {
                assert!(!is_formula(cell), "{context}: `{cell}` in {table}");
            }
        }
    }
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    for record in reader.records() {
        for cell in &record.unwrap() {
            let starts = cell.starts_with(['=', '+', '-', '@', '＝', '\t', '\r', '\n']);
            assert!(!starts || cell.parse::<f64>().is_ok(), "{context}: `{cell}`");
        }
    }
}

fn athyper(server: &Server, verb: &str, tenant: &str) -> Command {
    let mut command = server.athyper(&[verb, "Row"]).unwrap();
    command.args(["--tenant", tenant]).arg("--build").arg(server.build());
    command
}

#[tokio::test]
async fn no_cell_is_a_formula_and_none_is_lost() {
    for store in Store::BOTH {
        let package = tempfile::tempdir().unwrap();
        std::fs::write(package.path().join("metac.yaml"), "package: shop\nedition: 2026\n").unwrap();
        std::fs::write(package.path().join("row.yaml"), MODEL).unwrap();
        let server = Server::start_on(store, package.path(), &["acme", "globex", "initech"]).unwrap();
        let mut last = Value::Null;
        for text in HOSTILE.iter().chain(&LINES) {
            let code = text.replace(['\t', '\n', '\r'], " ").trim().to_owned();
            let body = json!({
                "code": code, "body": text, "amount": "-1.50", "pieces": -5, "tags": [code, "a;=b", "-5"],
                "about": { "=a": text, "list": [-1, "x;@y"] }, "next": last,
            });
            let made = call(&server, Method::POST, "/api/data/Row", Some(&body)).await;
            last = serde_json::from_str::<Value>(&made).unwrap()["id"].clone();
        }
        let list = call(&server, Method::GET, "/api/data/Row?limit=100&expand=next", None).await;
        assert_safe(&list, "a list");
        assert!(list.contains(",-1.50,-5,"), "numbers stay numbers: {list}");
        let groups = call(&server, Method::GET, "/api/data/Row?group=body&aggregate=min(code)", None).await;
        assert_safe(&groups, "groups");

        let table = programs::run(&mut athyper(&server, "export", "acme")).unwrap();
        assert_safe(&table, "an export");
        assert!(table.contains(",-1.50,-5,"), "numbers stay numbers: {table}");
        let raw = programs::run(athyper(&server, "export", "acme").arg("--unguarded")).unwrap();
        assert!(raw.contains("\n=cmd"), "{raw}");
        for (tenant, text, how) in [("globex", &table, None), ("initech", &raw, Some("--unguarded"))] {
            let file = server.folder().join("rows.csv");
            std::fs::write(&file, text).unwrap();
            let taken = programs::run(athyper(&server, "import", tenant).arg(&file).args(how)).unwrap();
            let rows = HOSTILE.len() + LINES.len();
            assert!(taken.contains(&format!("{rows} rows: {rows} created")), "{store:?}: {taken}");
            for (guard, expected) in [(None, &table), (Some("--unguarded"), &raw)] {
                let again = programs::run(athyper(&server, "export", tenant).args(guard)).unwrap();
                assert_eq!(&again, expected, "{store:?}: back by {how:?}");
            }
        }
        // What is wrong with a file is told in a file, too.
        let (file, report) = (server.folder().join("bad.csv"), server.folder().join("report.csv"));
        std::fs::write(&file, "code,next,pieces\n=A,\"x;=1+1;y\",one\n").unwrap();
        let mut import = athyper(&server, "import", "acme");
        let ended = import.arg(&file).arg("--report").arg(&report).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        assert_safe(&std::fs::read_to_string(&report).unwrap(), "a report");
    }
}
