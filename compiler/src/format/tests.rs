//! The form, by example and by property.

use super::*;

#[track_caller]
fn forms(written: &str, wanted: &str) {
    let formed = format("a.yaml", written.as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
    assert_eq!(formed, wanted);
    let again = format("a.yaml", formed.as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
    assert_eq!(again, formed, "the form of a form is itself");
}

#[test]
fn indents_by_two_and_puts_one_blank_behind_colons_dashes_and_commas() {
    forms(
        "entity:   A\nfields:\n    code :  string\n    more:\n        type:   int\n        min:  0\nkey:\n- code\n-   more\nx: [a,b , c ]\ny: {a: 1,b:  {c: 2}}\nz: { }\n",
        "entity: A\nfields:\n  code: string\n  more:\n    type: int\n    min: 0\nkey:\n  - code\n  - more\nx: [a, b, c]\ny: { a: 1, b: { c: 2 } }\nz: {}\n",
    );
}

#[test]
fn columns_that_were_lined_up_stay_so() {
    forms(
        "fields:\n  a:        x\n  longer:   y # one\n  m:        z   # two\n\n  other: 1\n  b:  2\nrules:\n  - { id: buy,   allow: [read, create], to: [x] }\n  - { id: audit, allow: [read],         to: [y] }\n",
        "fields:\n  a:      x\n  longer: y  # one\n  m:      z  # two\n\n  other: 1\n  b: 2\nrules:\n  - { id: buy,   allow: [read, create], to: [x] }\n  - { id: audit, allow: [read],         to: [y] }\n",
    );
}

#[test]
fn comments_stay_and_stand_with_what_they_are_about() {
    forms(
        "# top\n\n\n# more\nentity: A # the name\nfields:\n      # about b\n      b: int\n      # end of fields\n# about key\nkey: [b]\nlist:\n# first\n- 1\n# second\n-   # why\n    a: 2\n# last\n",
        "# top\n\n# more\nentity: A  # the name\nfields:\n  # about b\n  b: int\n  # end of fields\n# about key\nkey: [b]\nlist:\n  # first\n  - 1\n  # second\n  -  # why\n    a: 2\n# last\n",
    );
}

#[test]
fn longer_values_move_with_their_key_and_keep_their_text() {
    forms(
        "a:\n    b: |\n        one\n          two  \n\n        three\n    c: \"x\n       y\"\n    d: plain\n       more\n    e: >-   # folded\n        f\n    g: [1,\n      2]\n",
        "a:\n  b: |\n      one\n        two  \n\n      three\n  c: \"x\n     y\"\n  d: plain\n     more\n  e: >-  # folded\n      f\n  g: [1,\n    2]\n",
    );
}

#[test]
fn documents_are_separated_by_their_marker_alone() {
    forms("\n\nentity: A\n\n---\n\n\nentity: B   \r\n\n\n", "entity: A\n---\nentity: B\n");
    forms("---\nentity: A\n...\n--- # second\nentity: B", "---\nentity: A\n...\n--- # second\nentity: B\n");
    forms("", "");
}

#[test]
fn a_field_takes_its_short_form_when_nothing_is_lost() {
    forms(
        "entity: A\nfields:\n  a: { type: string(20), required: true, unique: true }\n  b:\n    type: date\n    index: true\n    default: today()\n  c: { type: \"decimal(10, 2)\", default: \"1.50\" }\n  d: { type: int, min: 0 }\n  e: { type: int, required: false }\n  f: { type: int } # kept\n  g:\n    # why\n    type: int\n  h: { type: string, default: \"'a: b'\" }\n",
        "entity: A\nfields:\n  a: string(20)! unique\n  b: date index = today()\n  c: decimal(10, 2) = 1.50\n  d: { type: int, min: 0 }\n  e: { type: int, required: false }\n  f: int  # kept\n  g:\n    # why\n    type: int\n  h: { type: string, default: \"'a: b'\" }\n",
    );
    forms("type: T\nfields: { a: { type: int } }\n", "type: T\nfields: { a: { type: int } }\n");
}

#[test]
fn comments_stay_lined_up_across_lines_without_one() {
    forms(
        "fields:\n  code:  int unique     # one\n  title: string(80)!\n  state: int            # two\n",
        "fields:\n  code:  int unique  # one\n  title: string(80)!\n  state: int         # two\n",
    );
}

#[test]
fn a_value_below_its_key_comes_beside_it() {
    forms(
        "entity:\n  A\nfields:\n    a:\n        string(20)!\n    b:  # why\n          int\n    c:\n\n      {type: int,\n       min: 0}\nkey:\n  [a]\nchecks:\n  x:\n    assert:\n      a >\n      b\n",
        "entity: A\nfields:\n  a: string(20)!\n  b:  # why\n    int\n  c: {type: int,\n     min: 0}\nkey: [a]\nchecks:\n  x:\n    assert: a >\n      b\n",
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may read the tree it is about")]
fn what_the_manual_shows_is_in_form() {
    for page in ["tutorial", "language/files", "language/entities", "language/fields"] {
        let path = format!("{}/../docs/{page}.md", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        for block in text.split("```yaml ").skip(1) {
            let (name, body) = block.split_once('\n').unwrap();
            let body = &body[..body.find("```").unwrap()];
            assert_eq!(format(name, body.as_bytes()).unwrap(), body, "{page}: {name}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_told_and_left() {
    let problem = format("a.yaml", b"a: b: c\n").unwrap_err();
    assert!(matches!(problem, Unformatted::Unreadable(said) if said.len() == 1));
}

#[test]
fn unusual_but_legal_spellings_are_left_alone() {
    for text in ["? a\n: b\n", "- - a\n  - b\n-\n  - c\n", "a:\n  - b: 1\n    c: 2\n  -\n    d: 3\n"] {
        forms(text, text);
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    fn gap() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["", "", " ", "   ", "  # c", "\n", " \n\n# d"]).prop_map(str::to_owned)
    }

    fn scalar() -> impl Strategy<Value = String> {
        let known = vec!["a", "1", "'q, r'", "\"d\\n\"", "string(20)! unique", "x == 1 && y", "é"];
        prop::sample::select(known).prop_map(str::to_owned)
    }

    fn flow() -> impl Strategy<Value = String> {
        scalar().prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec((inner.clone(), " {0,2}"), 0..3).prop_map(|items| {
                    let items: Vec<String> =
                        items.into_iter().map(|(item, gap)| format!("{gap}{item}")).collect();
                    format!("[{}]", items.join(","))
                }),
                prop::collection::vec((inner, " {1,3}"), 0..3).prop_map(|items| {
                    let items: Vec<String> = items
                        .iter()
                        .enumerate()
                        .map(|(at, (item, gap))| format!("k{at}:{gap}{item}"))
                        .collect();
                    format!("{{{}}}", items.join(", "))
                }),
            ]
        })
    }

    /// A block collection, as lines without indentation.
    fn block() -> impl Strategy<Value = Vec<String>> {
        let leaf = prop_oneof![
            flow().prop_map(|value| vec![value]),
            Just(vec!["|".to_owned(), "   text".to_owned(), "     more ".to_owned()]),
            Just(vec!["\"a".to_owned(), "   b\"".to_owned()]),
            Just(vec![">+".to_owned(), "    f".to_owned(), String::new()]),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let entry = (inner, "[a-z]{1,4}", " {1,4}", gap(), 1_usize..5);
            (prop::collection::vec(entry, 1..4), any::<bool>(), any::<bool>()).prop_map(
                |(entries, list, tight)| {
                    let mut out = Vec::new();
                    for (at, (value, key, blanks, after, indent)) in entries.into_iter().enumerate() {
                        let head = if list { "-".to_owned() } else { format!("{key}{at}:") };
                        let nested = value.first().is_some_and(|line| {
                            line.starts_with('-') || line.ends_with(':') || line.contains(": ")
                        });
                        let flow = value.first().is_some_and(|line| line.starts_with(['{', '[']));
                        let pad =
                            if list && tight && nested && !flow { head.len() + blanks.len() } else { indent };
                        let mut lines = value.into_iter();
                        let first = lines.next().unwrap_or_default();
                        let block = first.starts_with(['|', '>']) || first.starts_with('"');
                        if nested && !flow && !(list && tight) {
                            out.push(head);
                            out.push(format!("{}{first}", " ".repeat(pad)));
                        } else {
                            out.push(format!("{head}{blanks}{first}"));
                        }
                        out.extend(lines.map(|line| {
                            if line.is_empty() { line } else { format!("{}{line}", " ".repeat(pad)) }
                        }));
                        if !block {
                            let (same, below) =
                                after.split_once('\n').map_or((after.as_str(), ""), |(a, b)| (a, b));
                            if let Some(last) = out.last_mut().filter(|_| same.contains('#')) {
                                last.push_str(same);
                            }
                            out.extend(below.lines().map(str::to_owned));
                        }
                    }
                    out
                },
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

        #[test]
        fn the_form_of_a_form_is_itself_and_says_the_same(lines in block()) {
            let text = lines.join("\n") + "\n";
            match format("a.yaml", text.as_bytes()) {
                Ok(formed) => {
                    let again = format("a.yaml", formed.as_bytes());
                    prop_assert_eq!(again.ok(), Some(formed), "{}", text);
                }
                Err(Unformatted::Unreadable(_)) => {}
                Err(Unformatted::Changed) => prop_assert!(false, "changed:\n{}", text),
            }
        }

        #[test]
        fn no_text_is_damaged(text in "[\\[\\]{}:,|>'\"#\\- \na-c?]{0,50}") {
            if let Ok(formed) = format("a.yaml", text.as_bytes()) {
                prop_assert_eq!(format("a.yaml", formed.as_bytes()).ok(), Some(formed));
            }
        }
    }
}

#[test]
fn the_page_about_the_form_shows_it() {
    let page = include_str!("../../../docs/language/format.md");
    let block = |fence: &str| page.split(fence).nth(1).and_then(|rest| rest.split("```\n").next()).unwrap();
    forms(block("```text\n"), block("```yaml\n"));
}
