//! The traps of YAML readers, one by one, and an independent oracle over whole documents.

use super::*;
use crate::diag::{Diagnostic, Lints};

fn read(text: &[u8]) -> (SourceSet, Parsed, Vec<Diagnostic>) {
    let sources = SourceSet::new([("a.yaml".to_owned(), text.to_vec())]);
    let file = sources.find("a.yaml").unwrap();
    let mut sink = Sink::new(Lints::default());
    let parsed = parse(&sources, file, &mut sink);
    (sources, parsed, sink.finish())
}

fn codes(said: &[Diagnostic]) -> Vec<&'static str> {
    said.iter().map(|said| said.code.id).collect()
}

/// The source text of every scalar, in order, with the value it stands for.
fn scalars(sources: &SourceSet, node: &Node, out: &mut Vec<(String, String)>) {
    match &node.kind {
        Kind::Scalar(scalar) => out.push((sources.slice(node.span).to_owned(), scalar.value.to_string())),
        Kind::Sequence(sequence) => sequence.items.iter().for_each(|item| scalars(sources, item, out)),
        Kind::Mapping(mapping) => {
            for entry in &mapping.entries {
                out.push((sources.slice(entry.key.span).to_owned(), entry.key.text.to_string()));
                scalars(sources, &entry.value, out);
            }
        }
        Kind::Poisoned(_) => out.push((sources.slice(node.span).to_owned(), "poisoned".to_owned())),
    }
}

fn all_scalars(text: &str) -> Vec<(String, String)> {
    let (sources, parsed, said) = read(text.as_bytes());
    assert_eq!(said, [], "{text:?}");
    let mut out = Vec::new();
    parsed.documents.iter().for_each(|document| scalars(&sources, &document.root, &mut out));
    out
}

fn value_of(text: &str) -> (SourceSet, Node) {
    let (sources, parsed, said) = read(text.as_bytes());
    assert_eq!(said, [], "{text:?}");
    let node = parsed.documents[0].root.get("e").expect("a key e").clone();
    (sources, node)
}

/// The source bytes that `part` of the value under `e` comes from.
#[track_caller]
fn part(text: &str, part: &str) -> String {
    let (sources, node) = value_of(text);
    let value = node.as_scalar().unwrap().value.clone();
    let at = value.find(part).unwrap_or_else(|| panic!("{part:?} is not in {value:?}"));
    sources.slice(node.inner_span(at..at + part.len())).to_owned()
}

#[test]
fn spans_count_bytes_not_characters() {
    let read = all_scalars("é: ü\nname: żółw # ß\nlast: x\n");
    let written: Vec<_> = read.iter().map(|(source, _)| source.as_str()).collect();
    assert_eq!(written, ["é", "ü", "name", "żółw", "last", "x"]);
}

#[test]
fn the_span_of_a_quoted_scalar_ends_at_its_quote() {
    let read = all_scalars("a: \"x\"   # c\nb: 'y'  \nc: { d: \"z\" , e: 'f'  }\n");
    let written: Vec<_> = read.iter().map(|(source, _)| source.as_str()).collect();
    assert_eq!(written, ["a", "\"x\"", "b", "'y'", "c", "d", "\"z\"", "e", "'f'"]);
}

#[test]
fn spans_of_collections_hold_their_content_and_nothing_around_it() {
    let (sources, parsed, _) = read(b"a:   # note\n  - x: 1\n    y: [2, 3 ]  # z\n\n  - 4\n\nb: {c: d}  \n");
    let root = &parsed.documents[0].root;
    assert_eq!(sources.slice(root.get("a").unwrap().span), "- x: 1\n    y: [2, 3 ]  # z\n\n  - 4");
    assert_eq!(sources.slice(root.get("b").unwrap().span), "{c: d}");
    assert_eq!(sources.slice(root.get("a").unwrap().as_sequence().unwrap()[0].span), "x: 1\n    y: [2, 3 ]");
    assert_eq!(parsed.comments.len(), 2);
    assert_eq!(sources.slice(parsed.comments[0].span), "# note");
}

#[test]
fn absent_values_are_empty_and_null() {
    let (_, parsed, said) = read(b"a:\nb: ~\nc: '~'\nd: { e, f: }\n");
    assert_eq!(said, []);
    let root = &parsed.documents[0].root;
    assert!(root.get("a").unwrap().is_null() && root.get("a").unwrap().span.is_empty());
    assert!(root.get("b").unwrap().is_null());
    assert!(!root.get("c").unwrap().is_null());
    assert!(root.get("d").unwrap().get("e").unwrap().is_null());
}

#[test]
fn a_block_scalar_starts_at_its_header() {
    let (sources, node) = value_of("x: 1 # > |\ne: |2- # why\n\n    indented\n   less\n\nz: 1\n");
    assert_eq!(sources.slice(node.span), "|2- # why\n\n    indented\n   less");
    assert_eq!(node.as_scalar().unwrap().value, "\n  indented\n less");
}

#[test]
fn a_block_scalar_that_is_the_first_of_its_kind_starts_at_its_header_too() {
    for text in ["|\n   text\n", "- |\n   text\n", "a:\n- >-\n   text\n"] {
        let (sources, parsed, _) = read(text.as_bytes());
        let mut out = Vec::new();
        scalars(&sources, &parsed.documents[0].root, &mut out);
        assert!(out.last().unwrap().0.starts_with(['|', '>']), "{out:?}");
    }
}

#[test]
fn expressions_are_found_inside_every_style() {
    assert_eq!(part("e: total + höhe >= 0 # c\n", "höhe"), "höhe");
    assert_eq!(part("e: total +\n   höhe\n   >= 0\n", "höhe"), "höhe");
    assert_eq!(part("e: total +\n   höhe\n   >= 0\n", "+ höhe"), "+\n   höhe");
    assert_eq!(part("e: 'status == ''open'' && b'\n", "'open'"), "''open''");
    assert_eq!(part("e: 'status == ''open'' && b'\n", "b"), "b");
    assert_eq!(part(r#"e: "a == \"x\" && bad""#, "bad"), "bad");
    assert_eq!(part(r#"e: "a == \"x\" && bad""#, "\"x\""), r#"\"x\""#);
    assert_eq!(part(r#"e: "\u00e9\x41\U0001F600 && bad""#, "bad"), "bad");
    assert_eq!(part(r#"e: "\ud83d\ude00 bad""#, "😀"), r"\ud83d\ude00");
    assert_eq!(part("e: \"a &&\n\n   b\\\n   c || bad\"\n", "bad"), "bad");
    assert_eq!(part("e: |\n  a &&\n    b\n\n  || bad\n", "bad"), "bad");
    assert_eq!(part("e: >-\n  a &&\n  b\n\n  || bad\n    more\n  end\n", "bad"), "bad");
    assert_eq!(part("e: >-\n  a &&\n  b\n\n  || bad\n    more\n  end\n", "more"), "more");
    assert_eq!(part("e: >-\n  a &&\n  b\n\n  || bad\n    more\n  end\n", "&& b"), "&&\n  b");
    assert_eq!(part("e: |\r\n  a &&\r\n  bad\r\n", "bad"), "bad");
    assert_eq!(part("x: [ 1 ]\ne: { f: 1 }\n".replace("{ f: 1 }", "\"a\\tb\"").as_str(), "b"), "b");
}

#[test]
fn an_empty_range_is_a_place_between_two_bytes() {
    let (_, node) = value_of(r#"e: "a\tb""#);
    let span = node.inner_span(3..3);
    assert_eq!((span.start, span.end), (8, 8));
    let span = node.inner_span(1..1);
    assert_eq!((span.start, span.end), (5, 5));
}

#[test]
fn duplicate_keys_show_both_places_and_the_first_is_kept() {
    let (sources, parsed, said) = read(b"a: 1\nb: {c: 2, c: 3}\n\"a\": 4\n");
    assert_eq!(codes(&said), ["E0101", "E0101"]);
    assert_eq!(sources.slice(said[1].primary.span), "\"a\"");
    assert_eq!(said[1].secondary[0].span.start, 0);
    assert_eq!(parsed.documents[0].root.get("a").unwrap().as_scalar().unwrap().value, "1");
    assert!(parsed.broken.is_none());
}

#[test]
fn anchors_aliases_tags_and_merge_keys_are_refused_at_their_own_bytes() {
    let (sources, parsed, said) = read(b"a: &x 1\nb: *x\nc: !!int 2\n<<: { d: 1 }\ne: *missing\n");
    let seen: Vec<_> = said.iter().map(|said| (said.code.id, sources.slice(said.primary.span))).collect();
    let expected =
        [("E0103", "&x"), ("E0104", "*x"), ("E0106", "!!int"), ("E0105", "<<"), ("E0104", "*missing")];
    assert_eq!(seen, expected);
    let root = &parsed.documents[0].root;
    assert_eq!(sources.slice(root.get("a").unwrap().span), "1", "the anchor is no part of the value");
    assert!(matches!(root.get("b").unwrap().kind, Kind::Poisoned(_)));
    assert!(root.get("d").is_none());
}

#[test]
fn a_torn_expression_is_named_and_read_as_meant() {
    let (sources, parsed, said) =
        read(b"r: { when: f(a, g(b, c)) && d, id: x }\nl: [min(a, b), c]\nt: { type: decimal(10, 2)! }\n");
    assert_eq!(codes(&said), ["E0107", "E0107", "E0107"]);
    assert_eq!(sources.slice(said[0].primary.span), "f(a, g(b, c)) && d");
    assert_eq!(said[0].helps[0].edits[0].replacement, "\"f(a, g(b, c)) && d\"");
    let root = &parsed.documents[0].root;
    assert_eq!(root.get("r").unwrap().as_mapping().unwrap().len(), 2);
    let when = root.get("r").unwrap().get("when").unwrap();
    assert_eq!(sources.slice(when.inner_span(5..12)), "g(b, c)");
    assert_eq!(root.get("l").unwrap().as_sequence().unwrap().len(), 2);
    let (_, _, said) = read(b"a: { name: O'Brien, other: O'Neil }\nb: { x: f(a), y: (b) }\n");
    assert_eq!(said, [], "an apostrophe is no torn bracket");
}

#[test]
fn one_broken_document_does_not_hide_the_next() {
    let text =
        b"entity: A\nlabel: x: y\n---\nentity: B\nf: 'q\n---\nentity: C\nx: \"a\" in b\n---\nentity: D\n";
    let (_, parsed, said) = read(text);
    assert_eq!(codes(&said), ["E0102", "E0102", "E0102"]);
    let names: Vec<_> = parsed.documents.iter().map(|document| &document.root).collect();
    assert_eq!(names.len(), 4);
    assert!(names[0].get("entity").is_some() && parsed.documents[0].broken.is_some());
    assert_eq!(names.last().unwrap().get("entity").unwrap().as_scalar().unwrap().value, "D");
}

#[test]
fn quoting_is_offered_where_it_repairs_the_line() {
    for (line, quoted) in [
        ("label: a: b", "\"a: b\""),
        ("when: \"x\" in user.roles", "'\"x\" in user.roles'"),
        ("when: @x", "\"@x\""),
        ("  when: a ? b : c: d", "\"a ? b : c: d\""),
    ] {
        let (_, _, said) = read(format!("{line}\n").as_bytes());
        assert_eq!(codes(&said), ["E0102"], "{line}");
        let edit = &said[0].helps[0].edits[0];
        assert_eq!(edit.replacement, quoted);
        let mut repaired = line.to_owned();
        repaired.replace_range(edit.span.range(), quoted);
        assert_eq!(read(repaired.as_bytes()).2, [], "{repaired}");
    }
}

#[test]
fn old_truth_values_are_warned_of_as_key_and_value() {
    let (_, _, said) = read(b"a: yes\nON: 'no'\nb: [Off, \"on\", nope]\n");
    assert_eq!(codes(&said), ["W0121", "W0121", "W0121"]);
}

#[test]
fn hostile_input_neither_crashes_nor_hangs() {
    let open = "[".repeat(100_000);
    let braces = "{a: ".repeat(100_000);
    let dashes = "- ".repeat(100_000);
    let questions = "? ".repeat(100_000);
    let torn = format!("[{}]", "f(a, b), ".repeat(100_000));
    let open_only = format!("[{}]", "f(a, ".repeat(100_000));
    let mut bomb = String::from("a: &a [x, x]\n");
    for name in 'b'..='z' {
        let before = char::from_u32(u32::from(name) - 1).unwrap();
        bomb.push_str(&format!("{name}: &{name} [*{before}, *{before}, *{before}, *{before}]\n"));
    }
    for (text, code) in [
        (open.as_bytes(), "E0109"),
        (braces.as_bytes(), "E0109"),
        (dashes.as_bytes(), "E0109"),
        (questions.as_bytes(), "E0109"),
        (torn.as_bytes(), "E0107"),
        (bomb.as_bytes(), "E0103"),
        (b"a: \0".as_slice(), "E0111"),
        (b"a: \xff\xfe".as_slice(), "E0112"),
        (vec![b'a'; 50_000_000].as_slice(), "E0110"),
        (b"\t- a".as_slice(), "E0108"),
        (b"a:\n\tb: c".as_slice(), "E0108"),
        (b"%YAML 1.1\n---\na: b".as_slice(), "E0114"),
        (b"[a]: b".as_slice(), "E0113"),
    ] {
        let (_, _, said) = read(text);
        let start = String::from_utf8_lossy(&text[..text.len().min(20)]);
        assert_eq!(codes(&said).first().copied(), Some(code), "{start:?}");
    }
    assert_eq!(read(open_only.as_bytes()).2, []);
    let comments = "# licence\n".repeat(5000) + "a:\n" + &"# more\n".repeat(5000) + "  b: 1\n";
    let (_, parsed, said) = read(comments.as_bytes());
    assert_eq!((parsed.comments.len(), said.len()), (10_000, 0));
}

/// The tree as `serde_yaml` would build it.
fn as_serde(node: &Node) -> serde_yaml::Value {
    use serde_yaml::Value;
    match &node.kind {
        Kind::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => Value::Null,
            Resolved::Bool(truth) => Value::Bool(truth),
            Resolved::Int(number) => Value::Number(number.into()),
            Resolved::Number(text) => serde_yaml::from_str(text).unwrap(),
            Resolved::Text(text) => Value::String(text.to_owned()),
        },
        Kind::Sequence(sequence) => Value::Sequence(sequence.items.iter().map(as_serde).collect()),
        Kind::Mapping(mapping) => Value::Mapping(
            mapping
                .entries
                .iter()
                .map(|entry| (Value::String(entry.key.text.to_string()), as_serde(&entry.value)))
                .collect(),
        ),
        Kind::Poisoned(_) => panic!("poisoned"),
    }
}

#[test]
fn an_independent_reader_sees_the_same_values() {
    for text in [
        "a: 1\nb: 0x1F\nc: 1.5e3\nd: .5\ne: 12345678901234567890\n",
        "a: true\nb: False\nc: ~\nd: null\ne: 'null'\nf: yess\n",
        "a: \"x\\ty\\u00e9\\x41\\\n   z\"\nb: 'it''s'\nc: plain text\n  folded\n\n  more\n",
        "a: |\n  one\n   two\n\n  three\n\nb: |-\n  x\nc: |+\n  y\n\nd: >\n  f\n  g\n\n  h\n   i\n  j\n",
        "a: [1, [2, {b: c}], {}]\nd: {e: , f: [ ]}\n",
        "- a: 1\n  b:\n  - 2\n  - 3\n-\n  - x\n- y\n",
        "# c\n---\na: b # d\n...\n",
        "a:\r\n  - b\r\n  - \"c\r\n    d\"\r\n",
        "url: http://x.y/z#a\ntime: 12:30:45\nempty: ''\nhash: a#b\n",
        "\u{feff}a: bom\n",
    ] {
        let (_, parsed, said) = read(text.as_bytes());
        assert!(said.is_empty(), "{text:?}: {said:?}");
        let theirs: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
        assert_eq!(as_serde(&parsed.documents[0].root), theirs, "{text:?}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Each character of the value must come from bytes that say it: itself, an escape, or a fold.
    fn check(text: &str) -> Result<(), TestCaseError> {
        let (sources, parsed, said) = read(text.as_bytes());
        if said.iter().any(|said| said.code.id.starts_with('E')) {
            return Ok(());
        }
        let Some(node) = parsed.documents.first().and_then(|document| document.root.get("e")) else {
            return Ok(());
        };
        let Some(scalar) = node.as_scalar() else { return Ok(()) };
        prop_assert!(scalar.offsets != Offsets::Whole, "the two readings differ: {text:?}");
        for (at, character) in scalar.value.char_indices() {
            let from = sources.slice(node.inner_span(at..at + character.len_utf8()));
            let same = from == character.to_string();
            let quoted = from.starts_with('\\') || from == "''";
            prop_assert!(same || quoted || character.is_whitespace(), "{text:?} {at} {from:?}");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_crash(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes);
        }

        #[test]
        fn yaml_like_text_is_read_without_a_crash(text in "[\\[\\]{}:,&*!|>'\"%#@\\- \n\tae0\\\\]{0,60}") {
            read(text.as_bytes());
        }

        #[test]
        fn plain_and_quoted_values_know_their_bytes(
            text in "(['\"]?)[ab é.,']{1,8}(\\\\[ntx\"\\\\]|''|\n {1,3}|\n\n {2}|\r\n )?[abé+ ]{0,6}['\"]?"
        ) {
            check(&format!("e: {text}\n"))?;
        }

        #[test]
        fn block_values_know_their_bytes(
            head in "[|>][+-]?",
            lines in proptest::collection::vec("( {0,3}[aé]?[ab #']{0,4})?", 1..8),
        ) {
            let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
            check(&format!("e: {head}\n{body}z: 1\n"))?;
        }

        #[test]
        fn quoted_text_reads_back(text in "\\PC{0,20}") {
            let (_, node) = value_of(&format!("e: {}\n", quoted(&text)));
            prop_assert_eq!(node.as_scalar().unwrap().value.as_str(), text.as_str());
        }
    }
}
