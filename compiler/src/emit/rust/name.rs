//! Names of the model as Rust names.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span};

/// Modules of the crate root that are not those of the package.
const ROOT_MODULES: [&str; 2] = ["create", "patch"];

/// `text` with everything but ASCII letters, digits and `_` replaced; never empty, never a digit first.
pub(super) fn ascii(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let starts =
        plain.starts_with(|c: char| c.is_ascii_alphabetic()) || (plain.starts_with('_') && plain.len() > 1);
    if starts { plain } else { format!("n{plain}") }
}

/// The identifier for a name of the model, raw where it is a keyword.
pub(super) fn ident(text: &str) -> Ident {
    let plain = ascii(text);
    if syn::parse_str::<Ident>(&plain).is_ok() {
        return Ident::new(&plain, Span::call_site());
    }
    let never_raw = matches!(plain.as_str(), "self" | "Self" | "super" | "crate");
    if never_raw || plain.chars().all(|c| c == '_') {
        return Ident::new(&format!("{plain}n_"), Span::call_site());
    }
    Ident::new_raw(&plain, Span::call_site())
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

/// `words` as the lines of a doc comment.
pub(super) fn documented(words: &str) -> Vec<String> {
    words.lines().map(|line| format!(" {}", line.trim_end())).collect()
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
            assert_eq!(ident(name).to_string(), rust);
        }
        assert_eq!(pascal("in_progress"), "InProgress");
        assert_eq!(pascal("2nd-class"), "V2ndClass");
        assert_eq!(distinct(["A", "A", "A2"].map(str::to_owned).into_iter()), ["A", "A2", "A22"]);
        assert_eq!(module_path("create.sales.Order"), ["create_", "sales"]);
    }
}
