//! The one place that makes SQL identifiers from names of the model, for `check` and `lower` alike.

use athyper_schemas::canonical::Hash;

/// The longest identifier every dialect keeps whole, in bytes.
pub const MAX_BYTES: usize = 63;

/// The column by which every table belongs to a tenant.
pub const TENANT_COLUMN: &str = "tenant_id";

/// The table of an entity: `purchase.PurchaseOrder` is stored in `purchase_purchase_order`.
#[must_use]
pub fn table(module: &str, short: &str) -> String {
    format!("{}_{}", module.replace('.', "_"), snake_case(short))
}

/// The column of a reference.
#[must_use]
pub fn reference_column(field: &str) -> String {
    format!("{field}_id")
}

/// `PurchaseOrder` as `purchase_order`; a run of capitals is one word: `HTTPLog` as `http_log`.
#[must_use]
pub fn snake_case(pascal: &str) -> String {
    let mut out = String::with_capacity(pascal.len() + 4);
    let mut before: Option<char> = None;
    let mut rest = pascal.chars().peekable();
    while let Some(c) = rest.next() {
        let word_starts = c.is_uppercase()
            && before.is_some_and(|b| !b.is_uppercase() || rest.peek().is_some_and(|n| n.is_lowercase()));
        if word_starts && before != Some('_') {
            out.push('_');
        }
        out.extend(c.to_lowercase());
        before = Some(c);
    }
    out
}

/// `unit_price` as `UnitPrice`.
#[must_use]
pub fn pascal_case(snake: &str) -> String {
    let mut out = String::with_capacity(snake.len());
    for word in snake.split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            out.extend(first.to_uppercase());
            out.push_str(letters.as_str());
        }
    }
    out
}

/// `UnitPrice` and `unit_price` as `Unit price`: what people read when no label is written.
#[must_use]
pub fn label(name: &str) -> String {
    let words = snake_case(name).replace('_', " ");
    let mut letters = words.trim().chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The name of an index or constraint that nobody wrote by hand: `<table>__<name>_<suffix>`. One that would be
/// too long is cut and ends in a hash of the whole, so it stays unique and never changes.
#[must_use]
pub fn derived(table: &str, name: &str, suffix: &str) -> String {
    let whole = format!("{table}__{name}_{suffix}");
    if whole.len() <= MAX_BYTES {
        return whole;
    }
    let hash: String = Hash::of(whole.as_bytes()).as_str().chars().skip("sha256:".len()).take(8).collect();
    let keep = MAX_BYTES - hash.len() - suffix.len() - 2;
    let mut head = String::with_capacity(MAX_BYTES);
    for c in whole.chars() {
        if head.len() + c.len_utf8() > keep {
            break;
        }
        head.push(c);
    }
    format!("{head}_{hash}_{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_capitals() {
        for (pascal, snake) in
            [("PurchaseOrder", "purchase_order"), ("HTTPLog", "http_log"), ("Order2Line", "order2_line")]
        {
            assert_eq!(snake_case(pascal), snake);
        }
        assert_eq!(label("PurchaseOrder"), "Purchase order");
        assert_eq!(label("unit_price"), "Unit price");
        assert_eq!(pascal_case("unit_price"), "UnitPrice");
    }

    #[test]
    fn long_derived_names_stay_short_and_apart() {
        let long = "a".repeat(60);
        let one = derived(&long, "one", "idx");
        let two = derived(&long, "two", "idx");
        assert!(one.len() <= MAX_BYTES && one.ends_with("_idx"));
        assert_ne!(one, two);
        assert_eq!(derived("shop_order", "code", "key"), "shop_order__code_key");
    }
}
