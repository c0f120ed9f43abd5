//! The request headers that say how a write is to be done: `Prefer` (RFC 7240) and `If-Match` (RFC 9110).

use crate::problem::{Kind, Problem};

/// What a client would like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `tx=rollback`: do everything, then undo it.
    pub dry_run: bool,
    /// `return=minimal`: no body.
    pub minimal: bool,
    /// `return=representation`, said aloud.
    pub representation: bool,
    /// `max-affected`: more records than these must not change.
    pub max_affected: Option<u64>,
}

impl Preferences {
    /// Reads the values of every `Prefer` header. What is not known is ignored, as the standard asks.
    ///
    /// # Errors
    /// When `max-affected` is no number: ignoring a safety belt would be worse than refusing.
    pub fn parse<'h>(headers: impl IntoIterator<Item = &'h str>) -> Result<Self, Problem> {
        let mut out = Self::default();
        for preference in headers.into_iter().flat_map(|header| header.split([',', ';'])) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let value = value.trim().trim_matches('"');
            match (name.trim().to_ascii_lowercase().as_str(), value) {
                ("tx", "rollback") => out.dry_run = true,
                ("return", "minimal") => (out.minimal, out.representation) = (true, false),
                ("return", "representation") => (out.minimal, out.representation) = (false, true),
                ("max-affected", number) => {
                    let number = number.parse().map_err(|_| {
                        let message = "`max-affected` must be a whole number, such as `max-affected=10`";
                        Problem::new(Kind::InvalidRequest).header("Prefer", "format", message)
                    })?;
                    out.max_affected = Some(number);
                }
                _ => {}
            }
        }
        Ok(out)
    }

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
        if self.representation {
            parts.push("return=representation".to_owned());
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
    /// Reads the values of every `If-Match` header. A proxy may have weakened the tag; the version is the same.
    #[must_use]
    pub fn parse<'h>(headers: impl IntoIterator<Item = &'h str>) -> Self {
        let mut versions = None;
        for tag in headers.into_iter().flat_map(|header| header.split(',')).map(str::trim) {
            if tag == "*" {
                return Self::Any;
            }
            let version = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').parse::<i64>().ok();
            versions.get_or_insert_with(Vec::new).extend(version);
        }
        versions.map_or(Self::Absent, Self::Versions)
    }

    /// Reads one entity tag, `"3"` or `*`, as a batch has it; the quotes may be missing there.
    #[must_use]
    pub fn of_tag(tag: &str) -> Self {
        Self::parse([tag])
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
    fn preferences_are_read_and_told_back() {
        let p = Preferences::parse(["tx=rollback, return=minimal", "foo; bar=1, max-affected=\"10\""]);
        let p = p.expect("preferences");
        assert_eq!(p.applied().as_deref(), Some("tx=rollback, return=minimal, max-affected=10"));
        assert_eq!(Preferences::parse(["respond-async"]).expect("preferences").applied(), None);
        assert!(Preferences::parse(["max-affected=many"]).is_err());
    }

    #[test]
    fn a_condition_is_met_by_one_of_its_versions() {
        let kind = |headers: &[&str], required| {
            Condition::parse(headers.iter().copied()).judge(3, required).err().map(|p| p.kind())
        };
        assert_eq!(kind(&["\"3\""], true), None);
        assert_eq!(kind(&["W/\"3\""], true), None);
        assert_eq!(kind(&["\"1\", \"3\""], true), None);
        assert_eq!(kind(&["*"], true), None);
        assert_eq!(kind(&["\"2\""], true), Some(Kind::PreconditionFailed));
        assert_eq!(kind(&["\"x\""], true), Some(Kind::PreconditionFailed));
        assert_eq!(kind(&[""], true), Some(Kind::PreconditionFailed));
        assert_eq!(kind(&[], true), Some(Kind::PreconditionRequired));
        assert_eq!(kind(&[], false), None);
    }
}
