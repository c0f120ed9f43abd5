//! What a read will do, decided down to ids: every name resolved, every access checked. Pure.
//!
//! No plan without an `Access`; no statement and no answer without a plan. Plans are made by [`list`], [`record`],
//! [`groups`] and [`file()`] alone, from an outline that all requests of one shape share:
//!
//! ```compile_fail,E0451
//! # fn forge(access: athyper_runtime::policy::Access, mine: athyper_runtime::plan::RecordPlan) {
//! athyper_runtime::plan::RecordPlan { access, ..mine };
//! # }
//! ```
//! ```compile_fail,E0451
//! # fn forge(access: athyper_runtime::policy::Access, mine: athyper_runtime::plan::ListPlan) {
//! athyper_runtime::plan::ListPlan { access, ..mine };
//! # }
//! ```
//! ```compile_fail,E0451
//! # fn forge(access: athyper_runtime::policy::Access, mine: athyper_runtime::plan::GroupPlan) {
//! athyper_runtime::plan::GroupPlan { access, ..mine };
//! # }
//! ```

mod condition;
mod cost;
mod cursor;
mod file;
mod groups;
mod list;
mod moment;
mod names;
mod record;
mod selection;
mod vocabulary;

pub use cursor::Cursors;
pub use file::{FilePlan, Place, file, holds_files};
pub use groups::{Figure, FigureKind, GroupOutline, GroupPlan, group_outline, groups};
pub use list::{After, ListOutline, ListPlan, SortKey, list, list_outline};
pub use moment::{Constant, Moment};
pub use names::{Join, Joins, Source, Spot};
pub use record::{RecordPlan, record, record_outline, whole};
pub use selection::{Cell, Content, Selection};
