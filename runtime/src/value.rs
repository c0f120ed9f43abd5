//! Input values: from JSON to one validated, normalised form per field type. Pure: whether a referenced record
//! exists is asked elsewhere.

pub mod field_problem;
pub mod rules;
pub mod text;
