//! The proof that a package is sound.

use athyper_schemas::ir;

use super::policies::TypedPolicy;
use crate::model::{ExprId, Model};

/// A package without errors: nothing in it is poisoned and every expression has a type. Only `check` makes one:
///
/// ```compile_fail,E0624
/// # fn forge(model: athyper_metac::model::Model) {
/// athyper_metac::check::Checked::new(model, Vec::new(), Vec::new());
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Checked {
    model: Model,
    expressions: Vec<ir::Expr>,
    policies: Vec<TypedPolicy>,
}

impl Checked {
    /// Only `check` calls this, after it found nothing wrong: then every expression is there.
    pub(super) fn new(model: Model, expressions: Vec<Option<ir::Expr>>, policies: Vec<TypedPolicy>) -> Self {
        Self { model, expressions: expressions.into_iter().flatten().collect(), policies }
    }

    /// What the package means.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The conditions of the policies of the model, in its order.
    #[must_use]
    pub fn policies(&self) -> &[TypedPolicy] {
        &self.policies
    }

    /// The checked form of an expression of the model.
    #[must_use]
    #[expect(
        clippy::indexing_slicing,
        reason = "there is one checked form for every expression of the model"
    )]
    pub fn expression(&self, id: ExprId) -> &ir::Expr {
        &self.expressions[id.place()]
    }
}
