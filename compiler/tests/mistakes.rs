//! Mistakes of the hand in a package that is right: each is one message, at its line, whatever else it breaks.
#![expect(clippy::unwrap_used, reason = "a panic in a test is the report")]

use athyper_metac::diag::{Diagnostic, Lints};
use athyper_metac::source::SourceSet;

const PACKAGE: &str = "package: shop\nedition: 2026\n";

const ORDER: &str = "\
entity: Order
label: Order
class: document
traits:
  - soft_delete
key: [code]
search:
  - code
fields:
  code: string(20)! unique
  placed: date!
  total:
    type: money
    required: true
  lines: list(OrderLine)
checks:
  positive:
    assert: total >= 0
    message: Not below nothing
indexes:
  by_day: [placed desc]
---
entity: OrderLine
fields:
  text: string!
---
policy: OrderAccess
for: Order
rules:
  - id: all
    allow: [read, update]
    to: [clerk]
  - id: new
    allow:
      - create
    to: [intern]
";

fn check(order: &str) -> (Vec<Diagnostic>, SourceSet) {
    let files = [("metac.yaml", PACKAGE), ("order.yaml", order)];
    let sources = SourceSet::new(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    (athyper_metac::check(&sources, Lints::default()).said, sources)
}

/// The text with one line changed, for every line that `change` changes.
fn each_line(change: impl Fn(&str) -> Option<String>) -> Vec<(usize, String)> {
    let lines: Vec<&str> = ORDER.lines().collect();
    let one = |(at, line): (usize, &&str)| {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        *changed.get_mut(at)? = change(line)?;
        Some((at + 1, changed.join("\n") + "\n"))
    };
    lines.iter().enumerate().filter_map(one).collect()
}

/// What is said of a text that should give one message with one of these codes, at `line` or the next, or none at all.
fn strays(code: &str, line: usize, text: &str) -> Option<String> {
    let (said, sources) = check(text);
    let found: Vec<(&str, usize, &str)> = said
        .iter()
        .map(|said| {
            let at = sources.get(said.primary.span.file).unwrap().position(said.primary.span.start);
            (said.code.id, at.line, said.title.as_str())
        })
        .collect();
    let right = matches!(found.as_slice(), [(id, at, _)] if *id == code && (line..=line + 1).contains(at));
    let changed = text.lines().nth(line - 1).unwrap_or_default();
    (!right && !found.is_empty()).then(|| format!("{line}: {changed:?} says {found:?}"))
}

#[track_caller]
fn each_is_one_message(code: &str, change: impl Fn(&str) -> Option<String>) {
    let texts = each_line(change);
    assert!(!texts.is_empty());
    let wrong: Vec<String> = texts.iter().filter_map(|(line, text)| strays(code, *line, text)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_is_right_says_nothing() {
    assert_eq!(check(ORDER).0, []);
}

#[test]
fn a_tab_is_one_message_at_its_line() {
    each_is_one_message("E0108", |line| line.starts_with(' ').then(|| line.replacen("  ", "\t", 1)));
    each_is_one_message("E0108", |line| {
        let body = line.trim_start();
        Some(format!("{}\t{body}", line.strip_suffix(body)?)).filter(|_| body != "---")
    });
    each_is_one_message("E0108", |line| line.contains(": ").then(|| line.replacen(": ", ":\t", 1)));
}

#[test]
fn a_line_that_slipped_to_the_left_is_one_message() {
    each_is_one_message("E0115", |line| line.strip_prefix(' ').map(str::to_owned));
}

#[test]
fn a_line_that_slipped_to_the_right_is_one_message() {
    each_is_one_message("E0115", |line| (line != "---").then(|| format!(" {line}")));
}

#[test]
fn the_first_edit_repairs_the_line() {
    for (code, right, wrong) in [
        ("E0102", "  code: string(20)! unique\n", "  code string(20)! unique\n"),
        ("E0102", "  placed: date!\n", "  placed date!\n"),
        ("E0108", "  placed: date!\n", "\tplaced: date!\n"),
        ("E0108", "    required: true\n", "  \trequired: true\n"),
        ("E0115", "    required: true\n", "      required: true\n"),
        ("E0115", "    to: [clerk]\n", "   to: [clerk]\n"),
        ("E0152", "    required: true\n", "    required: yes\n"),
        ("E0152", "    required: true\n", "    required: \"true\"\n"),
        ("E0151", "fields:\n  text: string!\n", "fields:\ntext: string!\n"),
    ] {
        assert!(ORDER.contains(right));
        let text = ORDER.replacen(right, wrong, 1);
        let (said, _) = check(&text);
        assert_eq!(said.iter().map(|said| said.code.id).collect::<Vec<_>>(), [code], "{wrong}");
        let edit = said[0].helps.iter().find_map(|help| help.edits.first()).unwrap();
        let mut repaired = text.clone();
        repaired.replace_range(edit.span.range(), &edit.replacement);
        assert_eq!(repaired, ORDER, "{wrong}");
    }
}

/// The text after the first edit that is offered, again and again until none is.
fn repaired(text: &str) -> (String, Vec<String>) {
    let mut text = text.to_owned();
    for _ in 0..8 {
        let (said, _) = check(&text);
        let first = said.iter().flat_map(|said| &said.helps).find(|help| !help.edits.is_empty());
        let Some(help) = first else {
            return (text, said.iter().map(|said| format!("{} {}", said.code.id, said.title)).collect());
        };
        let mut edits = help.edits.clone();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            text.replace_range(edit.span.range(), &edit.replacement);
        }
    }
    (text, vec!["repairs do not end".to_owned()])
}

#[test]
fn what_other_tools_call_a_type_is_known_and_repaired() {
    let field = "  placed: date!\n";
    for (written, wanted) in [
        ("varchar(80) not null", "string(80)!"),
        ("varchar(80) unique NOT NULL", "string(80)! unique"),
        ("integer", "int"),
        ("int not null default 0", "int! = 0"),
        ("numeric(10)", "decimal(10)"),
        ("boolean", "bool"),
        ("timestamptz = CURRENT_TIMESTAMP", "datetime = now()"),
        ("uuid primary key", "uuid"),
        ("string required", "string!"),
        ("string nullable", "string"),
        ("String!", "string!"),
        ("OrderLine?", "OrderLine"),
        ("text[]", "list(text)"),
        ("list<int>", "list(int)"),
        ("array(int)", "list(int)"),
        ("reference(OrderLine)", "OrderLine"),
        ("string(20)!unique", "string(20)! unique"),
    ] {
        let text = ORDER
            .replace("indexes:\n  by_day: [placed desc]\n", "")
            .replace(field, &format!("  placed: {written}\n"));
        let (found, said) = repaired(&text);
        let line = found.lines().find(|line| line.starts_with("  placed: ")).unwrap();
        assert_eq!((line, said), (format!("  placed: {wanted}").as_str(), vec![]), "{written}");
    }
}

#[test]
fn what_other_tools_call_an_action_is_known_and_repaired() {
    for (written, wanted) in
        [("[read, write]", "[read, create, update]"), ("[\"*\"]", "[read, create, update, delete]")]
    {
        let text = ORDER.replace("[read, update]", written);
        assert_eq!(repaired(&text), (ORDER.replace("[read, update]", wanted), vec![]));
    }
}

#[test]
fn words_of_sql_are_one_message_whose_edits_go_together() {
    for (written, wanted) in [
        (
            "total IS NULL OR total >= 0 AND lines.size() <> 7",
            "total == null || total >= 0 && lines.size() != 7",
        ),
        ("\"code = 'it''s' OR total BETWEEN 1 AND 5\"", "\"code == 'it\\\\'s' || 1 <= total && total <= 5\""),
        ("'code in (\"a\", \"b\")'", "'code in [\"a\", \"b\"]'"),
        ("placed + 1 > placed", "placed + duration(\"P1D\") > placed"),
        ("round(total, 1) = total", "decimal(total, 1) == total"),
        ("NOT (total = 0)", "\"! (total == 0)\""),
        ("code in ('a', 'b')", "\"code in ['a', 'b']\""),
    ] {
        let text = ORDER.replace("assert: total >= 0", &format!("assert: {written}"));
        assert_eq!(
            repaired(&text),
            (ORDER.replace("assert: total >= 0", &format!("assert: {wanted}")), vec![])
        );
        let most = if written.contains("BETWEEN") || written.contains("round") { 2 } else { 1 };
        assert!(check(&text).0.len() <= most, "{written}");
    }
}
