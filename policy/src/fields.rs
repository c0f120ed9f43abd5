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

fn granted(caller: Caller<'_>, grant: Option<&FieldGrant>) -> Condition {
    let Some(grant) = grant else { return Condition::Always };
    match reached(&caller, &grant.to) {
        Some(reached) => Condition::all([reached, Condition::of(grant.when.as_ref())]),
        None => Condition::Never,
    }
}
