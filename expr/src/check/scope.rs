//! What the checker asks about its surroundings. Implemented by whoever holds the model.

use athyper_schemas::ir::Ty;

/// What an expression may use besides the record's own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ingredient {
    /// `user.*`.
    User,
    /// `old.*`, the record before the change.
    Old,
    /// `now()` and `today()`.
    Clock,
    /// Fields of other records, through references.
    References,
    /// Owned children.
    Children,
}

/// The surroundings of an expression.
pub trait Scope {
    /// The entity whose record bare names and `this` stand for; `module.Name`.
    fn this(&self) -> Option<&str>;

    /// The type of a field. A reference is a `Record` of its entity, owned children are a list of records.
    fn field(&self, entity: &str, name: &str) -> Option<Ty>;

    /// Whether a field may be unknown, which no column is: a name that stands for an expression can be.
    fn may_be_unknown(&self, _entity: &str, _name: &str) -> bool {
        false
    }

    /// Whether there may be no record before the change.
    fn old_may_be_absent(&self) -> bool {
        true
    }

    /// The names of all fields, for suggestions.
    fn field_names(&self, entity: &str) -> Vec<String>;

    /// The values of an enum.
    fn enum_values(&self, name: &str) -> Option<Vec<String>>;

    /// The type of an attribute of the principal.
    fn user(&self, attribute: &str) -> Option<Ty>;

    /// The names of all attributes of the principal, for suggestions.
    fn user_attributes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether this place may use something. Unless said otherwise: everything but `old`.
    fn allows(&self, ingredient: Ingredient) -> bool {
        ingredient != Ingredient::Old
    }
}
