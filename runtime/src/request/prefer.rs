//! How a write is to be done, apart from what is written: preferences (RFC 7240) and the version that is meant
//! (RFC 9110). The headers themselves are read at the edge.

use crate::problem::{Kind, Problem};

/// What a client would like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `tx=rollback`: do everything, then undo it.
    pub dry_run: bool,
    /// `return=minimal`: no body.
    pub minimal: bool,
    /// `max-affected`: more records than these must not change.
    pub max_affected: Option<u64>,
}

impl Preferences {
    /// What the `Preference-Applied` header says, if anything was applied.
    #[must_use]
    pub fn applied(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.dry_run {
            parts.push("tx=rollback".to_owned());
        }
        if self.minimal {
            parts.push("return=minimal".to_owned());
        }
        if let Some(most) = self.max_affected {
            parts.push(format!("max-affected={most}"));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Which version of a record a write means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// None was named.
    Absent,
    /// `*`: whichever is there.
    Any,
    /// One of these; a tag that no record can have is left out.
    Versions(Vec<i64>),
}

impl Condition {
    /// Reads one entity tag, `"3"` or `*`, as a batch has it; the quotes may be missing there.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        match tag.trim() {
            "*" => Self::Any,
            tag => Self::Versions(tag.trim_matches('"').parse().into_iter().collect()),
        }
    }

    /// Judges the stored version.
    ///
    /// # Errors
    /// When the condition names other versions, or none although one must be named.
    pub fn judge(&self, version: i64, required: bool) -> Result<(), Problem> {
        match self {
            Self::Any => Ok(()),
            Self::Versions(versions) if versions.contains(&version) => Ok(()),
            Self::Versions(_) => Err(Problem::new(Kind::PreconditionFailed).detail(format!(
                "the stored version is {version}; read the record again and repeat the change"
            ))),
            Self::Absent if required => Err(Problem::new(Kind::PreconditionRequired)
                .detail("send the `ETag` of the record you have read as `If-Match`, or `If-Match: *`")),
            Self::Absent => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_applied_is_told_back() {
        let p = Preferences { dry_run: true, minimal: true, max_affected: Some(10) };
        assert_eq!(p.applied().as_deref(), Some("tx=rollback, return=minimal, max-affected=10"));
        assert_eq!(Preferences::default().applied(), None);
    }

    #[test]
    fn a_condition_is_met_by_one_of_its_versions() {
        let kind = |c: Condition, required| c.judge(3, required).err().map(|p| p.kind());
        assert_eq!(kind(Condition::of_tag("\"3\""), true), None);
        assert_eq!(kind(Condition::of_tag("3"), true), None);
        assert_eq!(kind(Condition::of_tag("*"), true), None);
        assert_eq!(kind(Condition::Versions(vec![1, 3]), true), None);
        assert_eq!(kind(Condition::of_tag("\"2\""), true), Some(Kind::PreconditionFailed));
        assert_eq!(kind(Condition::of_tag("x"), true), Some(Kind::PreconditionFailed));
        assert_eq!(kind(Condition::Absent, true), Some(Kind::PreconditionRequired));
        assert_eq!(kind(Condition::Absent, false), None);
    }
}
