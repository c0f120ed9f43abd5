//! Is the package sound: the list of all checks. Those on how things are written stand in `parse` (shape, names'
//! letters) and `resolve` (names, arguments, limits).
//!
//! May not enter: changing the model, deciding what follows from it (`lower` does).

mod checked;
mod database;
mod defaults;
mod entities;
mod enums;
mod expressions;
mod fields;
mod in_sql;
mod keys;
mod names;
mod numbering;
mod owners;
mod policies;
mod references;
mod renames;
mod scope;
mod walk;

use crate::diag::{Reported, Sink};
use crate::model::Model;

pub use checked::Checked;
pub use policies::{TypedPolicy, TypedRule};
pub(crate) use policies::{is_slip, policy_indexes};

/// Judges a model: everything wrong is told, and only a sound one becomes [`Checked`].
///
/// # Errors
/// When anything was reported, by this phase or one before.
pub fn check(model: Model, sink: &mut Sink) -> Result<Checked, Reported> {
    names::reserved(&model, sink);
    names::look_alike(&model, sink);
    renames::former_names(&model, sink);
    enums::values(&model, sink);
    entities::have_fields(&model, sink);
    entities::traits_fit(&model, sink);
    fields::options_agree(&model, sink);
    fields::copies_fit(&model, sink);
    keys::fields_fit(&model, sink);
    keys::natural_keys(&model, sink);
    keys::indexes_help(&model, sink);
    numbering::formats(&model, sink);
    owners::one_each(&model, sink);
    references::on_delete(&model, sink);
    references::can_be_inserted(&model, sink);
    database::names_fit(&model, sink);
    database::columns_fit(&model, sink);
    policies::rules(&model, sink);
    let nullability = expressions::nullability(&model);
    let poisoned = expressions::poisoned(&model);
    let expressions = expressions::types(&model, &nullability, sink);
    let known = policies::Known { nullability: &nullability, poisoned: &poisoned };
    let policies = policies::types(&model, known, sink);
    if expressions::are_acyclic(&model, &expressions, sink) {
        in_sql::computed(&model, &expressions, sink);
        policies::conditions(&model, &expressions, &policies, sink);
    }
    defaults::within_limits(&model, &expressions, sink);
    defaults::pass_checks(&model, &expressions, sink);
    sink.reported()?;
    // What is out of reach can only be said once nothing is missing through another mistake.
    policies::reach(&model, sink);
    policies::doubts(&model, &policies, &expressions, sink);
    sink.reported()?;
    drop(poisoned);
    Ok(Checked::new(model, expressions, policies))
}
