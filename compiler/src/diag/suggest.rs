//! The nearest known name to a written one.
//!
//! May not enter: words around the suggestion.

/// Longer than any name; comparing takes the square of the length.
const LONGEST: usize = 256;

/// The candidate that `written` most likely meant: equal but for case, or at most a third of the letters
/// away. Ties go to the first candidate.
#[must_use]
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > LONGEST {
        return None;
    }
    let length = written.chars().count();
    let limit = (length / 3).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = if candidate.eq_ignore_ascii_case(written) {
            0
        } else if candidate.len().abs_diff(written.len()) > limit * 4 {
            continue;
        } else {
            strsim::osa_distance(&written.to_lowercase(), &candidate.to_lowercase())
        };
        let near = distance <= limit && (distance < length || distance == 0);
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let names = ["supplier", "supplier_name", "status", "id"];
        assert_eq!(nearest("suplier", names), Some("supplier"));
        assert_eq!(nearest("Status", names), Some("status"));
        assert_eq!(nearest("stauts", names), Some("status"));
        assert_eq!(nearest("total", names), None);
        assert_eq!(nearest("x", names), None);
    }
}
