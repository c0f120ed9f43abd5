//! Packages of any size, for measuring and for determinism. The same number gives the same files.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Entities per module.
const MODULE: usize = 50;

/// A package of `entities` entities in modules of 50: every one with references, lines or enums, checks, a computed field, an
/// index and a policy. Path to text.
#[must_use]
pub fn generated(entities: usize) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    files.insert(
        "metac.yaml".to_owned(),
        "package: big\nedition: 2026\ndialects: [sqlite, postgres]\n".to_owned(),
    );
    for number in 0..entities {
        let module = number / MODULE;
        files.insert(format!("m{module:03}/entity_{number:05}.yaml"), entity(number));
    }
    files
}

fn entity(number: usize) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "enum: Status{number:05}
values: {{ open: \"Open\", done: \"Done\", dropped: \"Dropped\" }}
---
entity: Thing{number:05}
label: Thing {number}
doc: One of many things, generated to measure with.
class: master
title: name
key: [code]
search: [name]
fields:
  code:     string(20)! unique
  name:     string(80)!
  status:   Status{number:05}! = open
  amount:   {{ type: money, required: true, min: \"0.00\", default: 0 }}
  rate:     percent
  starts:   date! = today()
  ends:     date
  note:     text(2000)
  net:      {{ type: money, computed: \"amount - coalesce(fee, 0)\", stored: true }}
  fee:      money
"
    );
    if number > 0 {
        let _ = writeln!(text, "  parent_thing: {}", reference(number - 1, number));
    }
    if number.is_multiple_of(5) {
        let _ = writeln!(text, "  lines:    list(Line{number:05})");
    }
    let _ = write!(
        text,
        "checks:
  in_order: {{ assert: \"ends == null || starts <= ends\", message: \"The end must not be before the start\" }}
  fee_fits: {{ assert: \"fee == null || fee <= amount\", message: \"The fee must not exceed the amount\" }}
indexes: {{ by_start: [starts desc, status] }}
---
policy: Thing{number:05}Access
for: Thing{number:05}
rules:
  - {{ id: look, allow: [read], to: [\"*\"] }}
  - {{ id: keep, allow: [create, update, delete], to: [editor, manager] }}
"
    );
    if number.is_multiple_of(5) {
        let _ = write!(
            text,
            "---
entity: Line{number:05}
class: document
fields:
  text:     string(80)!
  quantity: {{ type: int, required: true, min: 1 }}
  price:    money!
  amount:   {{ type: money, computed: quantity * price, stored: true }}
"
        );
    }
    text
}

/// The name of another entity as seen from the module of `from`.
fn reference(target: usize, from: usize) -> String {
    if target / MODULE == from / MODULE {
        format!("Thing{target:05}")
    } else {
        format!("m{:03}.Thing{target:05}", target / MODULE)
    }
}
