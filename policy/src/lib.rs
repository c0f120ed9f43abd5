//! What a policy decides, linked by both programs: `metac` tests and compares policies with it, `athyper` obeys them.
//!
//! [`Caller`] says whom a rule reaches. Once the caller is known, a [`Residual`] is what is left of the policies as
//! one condition, from which every kind of SQL is made; [`Rules`] and [`Guards`] are the same policies compiled for the
//! evaluator. [`fields`] says which fields may be seen, [`mask()`] what is shown instead.
//!
//! The semantics, in one line: allowed is what some `allow` is definitely true for, and every `deny` definitely false.
//!
//! May not enter: YAML, SQL text, HTTP, loading records, words for people.

mod caller;
mod condition;
pub mod fields;
mod guards;
mod mask;
mod residual;
mod rules;

pub use caller::{Caller, Standing};
pub use condition::{Condition, Truth};
pub use guards::Guards;
pub use mask::{MaskKey, mask};
pub use residual::{Residual, Ruling};
pub use rules::{Images, Judged, Rules, Verdict};
