//! Which fields a caller may see; who may change them is asked of [`crate::Guards`], record by record.

use athyper_schemas::bundle::{FieldGrant, FieldPolicy, Otherwise, Policy};

use crate::caller::Caller;
use crate::condition::Condition;
use crate::residual::reached;

/// What is left of the rules about one field when the caller is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldResidual {
    /// For which records he may see it.
    pub read: Condition,
    /// What he sees of the others.
    pub otherwise: Otherwise,
}

/// What is left of the rules about `field`; nothing when no rule is about it.
#[must_use]
pub fn residual<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    caller: Caller<'_>,
    field: &str,
) -> Option<FieldResidual> {
    let mut rules = policies.into_iter().flat_map(|policy| &policy.fields);
    let rule: &FieldPolicy = rules.find(|rule| rule.field == field)?;
    let read = granted(caller, rule.read.as_ref());
    Some(FieldResidual { read, otherwise: rule.otherwise })
}

/// For which records the caller may change `field`, new ones among them: as its rule says, otherwise who may see it.
#[must_use]
pub fn changeable<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    caller: Caller<'_>,
    field: &str,
) -> Condition {
    let mut rules = policies.into_iter().flat_map(|policy| &policy.fields);
    let rule = rules.find(|rule| rule.field == field);
    rule.map_or(Condition::Always, |rule| granted(caller, rule.update.as_ref().or(rule.read.as_ref())))
}

/// Whether there can be a record in which the caller may change `field`.
#[must_use]
pub fn may_ever_change<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    caller: Caller<'_>,
    field: &str,
) -> bool {
    changeable(policies, caller, field) != Condition::Never
}

fn granted(caller: Caller<'_>, grant: Option<&FieldGrant>) -> Condition {
    let Some(grant) = grant else { return Condition::Always };
    match reached(&caller, &grant.to) {
        Some(reached) => Condition::all([reached, Condition::of(grant.when.as_ref())]),
        None => Condition::Never,
    }
}
