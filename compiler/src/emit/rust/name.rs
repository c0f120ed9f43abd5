//! Names of the model as Rust names.

use std::collections::BTreeSet;

/// Modules of the crate root that are not those of the package.
const ROOT_MODULES: [&str; 2] = ["create", "patch"];

/// `text` with everything but ASCII letters, digits and `_` replaced; never empty, never a digit first.
pub(super) fn ascii(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let starts =
        plain.starts_with(|c: char| c.is_ascii_alphabetic()) || (plain.starts_with('_') && plain.len() > 1);
    if starts { plain } else { format!("n{plain}") }
}

/// Words that Rust keeps for itself; the first four cannot be written raw.
const KEYWORDS: &[&str] = &[
    "Self", "crate", "self", "super", "abstract", "as", "async", "await", "become", "box", "break", "const",
    "continue", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "if", "impl", "in",
    "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// The identifier for a name of the model, raw where it is a keyword.
pub(super) fn ident(text: &str) -> String {
    let plain = ascii(text);
    match KEYWORDS.iter().position(|keyword| *keyword == plain) {
        Some(..4) => format!("{plain}n_"),
        Some(_) => format!("r#{plain}"),
        None if plain.chars().all(|c| c == '_') => format!("{plain}n_"),
        None => plain,
    }
}

/// The modules of a qualified name: `shop.sales.Order` stands in `shop`, `sales`.
pub(super) fn module_path(qualified: &str) -> Vec<String> {
    let mut path: Vec<String> = qualified.split('.').map(str::to_owned).collect();
    path.pop();
    if let Some(first) = path.first_mut().filter(|first| ROOT_MODULES.contains(&first.as_str())) {
        first.push('_');
    }
    path
}

/// `in_progress` as `InProgress`.
pub(super) fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let joined: String = words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect();
    if joined.starts_with(|c: char| c.is_ascii_alphabetic()) { joined } else { format!("V{joined}") }
}

/// The same names, later ones numbered where they would repeat an earlier one.
pub(super) fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut out = Vec::new();
    for name in names {
        let mut free = name.clone();
        let mut number = 2;
        while !taken.insert(free.clone()) {
            free = format!("{name}{number}");
            number += 1;
        }
        out.push(free);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_an_identifier() {
        for (name, rust) in [
            ("type", "r#type"),
            ("self", "selfn_"),
            ("2nd", "n2nd"),
            ("größe", "gr__e"),
            ("order", "order"),
            ("_", "n_"),
        ] {
            assert_eq!(ident(name), rust);
            assert!(syn::parse_str::<syn::Ident>(rust).is_ok(), "{rust}");
        }
        for keyword in KEYWORDS {
            assert!(syn::parse_str::<syn::Ident>(keyword).is_err(), "{keyword}");
        }
        assert_eq!(pascal("in_progress"), "InProgress");
        assert_eq!(pascal("2nd-class"), "V2ndClass");
        assert_eq!(distinct(["A", "A", "A2"].map(str::to_owned).into_iter()), ["A", "A2", "A22"]);
        assert_eq!(module_path("create.sales.Order"), ["create_", "sales"]);
    }
}
