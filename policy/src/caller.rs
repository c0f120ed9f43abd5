//! Whom a rule speaks to.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{ANONYMOUS, EVERYBODY, Grantee, SYSTEM};
use smol_str::SmolStr;

/// How somebody came to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Without a token, where the operator serves such callers.
    Anonymous,
    /// With a verified token.
    Authenticated,
    /// The runtime itself, or a command of the operator.
    System,
}

impl Standing {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Anonymous, Self::Authenticated, Self::System];

    /// In a word, as logs and settings of the database have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Authenticated => "authenticated",
            Self::System => "system",
        }
    }
}

/// What a policy looks at before it looks at a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<'c> {
    /// How he came to ask.
    pub standing: Standing,
    /// The roles of his token. The reserved names among them mean nothing.
    pub roles: &'c BTreeSet<SmolStr>,
}

impl Caller<'_> {
    /// Whether a rule for this role reaches him.
    #[must_use]
    pub fn has(&self, role: &str) -> bool {
        match role {
            EVERYBODY => self.standing != Standing::Anonymous,
            ANONYMOUS => self.standing == Standing::Anonymous,
            SYSTEM => self.standing == Standing::System,
            named => self.roles.contains(named),
        }
    }

    /// Those of these through whom a rule reaches him.
    pub fn among<'g>(&self, grantees: &'g [Grantee]) -> impl Iterator<Item = &'g Grantee> {
        grantees.iter().filter(|grantee| self.has(&grantee.role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_in_a_token_mean_nothing() {
        let roles = BTreeSet::from(["*", "system", "anonymous", "clerk"].map(SmolStr::new));
        let caller = Caller { standing: Standing::Authenticated, roles: &roles };
        assert!(caller.has("clerk") && caller.has("*"));
        assert!(!caller.has("system") && !caller.has("anonymous"));
        let nobody = Caller { standing: Standing::Anonymous, roles: &BTreeSet::new() };
        assert!(nobody.has("anonymous") && !nobody.has("*"));
    }
}
