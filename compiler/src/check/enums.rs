//! Enums have values, and each once.

use std::collections::BTreeMap;

use crate::diag::{Sink, entities};
use crate::model::Model;

/// No enum is empty or says a value twice.
pub(super) fn values(model: &Model, sink: &mut Sink) {
    for declared in model.enums.iter().filter(|declared| !declared.poisoned) {
        if declared.values.is_empty() {
            sink.error(entities::no_values(declared.span, &declared.name.short));
        }
        let mut seen = BTreeMap::new();
        for value in &declared.values {
            if let Some(first) = seen.insert(value.name.as_str(), value.span) {
                sink.error(entities::duplicate_value(value.span, first, &value.name));
            }
        }
    }
}
