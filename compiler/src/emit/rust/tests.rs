//! The text that is written is the text `prettyplease` writes, whatever the lengths of names and the depth of modules.

use proptest::prelude::*;

use super::*;
use crate::diag::Lints;
use crate::source::SourceSet;

/// A package in which every form of a member occurs, with such names.
fn package(folder: &str, [entity, field, value]: [&str; 3]) -> String {
    let (entity, child) = (format!("Thing{}", pascal(entity)), format!("Line{}", pascal(entity)));
    let sources = SourceSet::new([
        ("metac.yaml".to_owned(), b"package: p\nedition: 2026\ndialects: [sqlite]\n".to_vec()),
        (
            format!("{folder}/all.yaml"),
            format!(
                "entity: {entity}\nfields:\n  {field}: int!\n  a_{field}: {entity}\n  b_{field}: list(string)!\n  \
                 c_{field}: {field}_kind\n  d_{field}: list({child})\n  type: decimal(9,2)\n  f: enum({value}, {value}s, {value}-t)\n\
                 ---\nentity: {child}\nfields:\n  {field}: date\n"
            )
            .replace(&format!("{field}_kind"), &format!("Kind{}", pascal(field)))
            .into_bytes(),
        ),
        (format!("{folder}/kind.yaml"), format!("enum: Kind{}\nvalues: [{value}]\n", pascal(field)).into_bytes()),
    ]);
    let outcome = crate::compile(&sources, Lints::default());
    let files = outcome.made.unwrap_or_else(|_| panic!("{:#?}", outcome.said));
    String::from_utf8(files.get("rust/src/lib.rs").unwrap().to_vec()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn prettyplease_would_change_nothing(
        folders in prop::collection::vec("[a-z][0-9]", 1..8),
        entity in "[a-z]{1,6}",
        field in "[a-z](_?[a-z]){0,12}[0-9]",
        value in "[a-z](-?[a-z]){0,40}[0-9]",
    ) {
        let text = package(&folders.join("/"), [&entity, &field, &value]);
        let file = syn::parse_file(&text).unwrap();
        prop_assert_eq!(prettyplease::unparse(&file), text);
    }
}
