//! The nearest known name for one that is not known.

/// The name closest to `wrong`, if one is close enough to be meant.
#[must_use]
pub fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if wrong.len() > 128 {
        return None;
    }
    let plain = |text: &str| text.replace(['_', '-', ' '], "").to_lowercase();
    let target = plain(wrong);
    let allowed = (target.chars().count() / 3).clamp(1, 4);
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&target, &plain(name)), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_near_names_are_suggested() {
        let names = ["supplier", "supplier_name", "code", "total"];
        assert_eq!(nearest("suplier", names), Some("supplier"));
        assert_eq!(nearest("SupplierName", names), Some("supplier_name"));
        assert_eq!(nearest("toatl", names), Some("total"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest(&"x".repeat(500), names), None);
    }
}
