//! The format of a number series: text, `{YYYY}`, `{MM}`, `{DD}` and `{SEQ:width}`.

use athyper_schemas::bundle::{NumberPart, Reset};

use super::meaning::Resolver;
use crate::ast;
use crate::diag::entities;
use crate::model::{FieldId, Numbering};

/// The widest sequence.
const MAX_WIDTH: u8 = 18;

pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    written: &ast::Number,
    field: Option<FieldId>,
) -> Option<Numbering> {
    let format = parts(resolver, &written.format)?;
    Some(Numbering {
        field: field?,
        field_span: written.field.span,
        format,
        format_span: written.format.span(),
        reset: written.reset.as_ref().map_or(Reset::Never, |reset| reset.value),
        gapless: written.gapless,
    })
}

/// The parts; nothing after a mistake.
fn parts(resolver: &mut Resolver<'_>, format: &ast::Passage) -> Option<Vec<NumberPart>> {
    let text = format.text.as_str();
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let literal = rest.find(['{', '}']).unwrap_or(rest.len());
        if literal > 0 {
            parts.push(NumberPart::Literal(rest.get(..literal).unwrap_or_default().to_owned()));
            at += literal;
            continue;
        }
        let end = rest.find('}').map_or(rest.len(), |end| end + 1);
        let Some(part) = rest.get(..end).and_then(part) else {
            let why = "not `{YYYY}`, `{MM}`, `{DD}` or `{SEQ:width}`";
            resolver.sink.error(entities::number_format(format.at(at..at + end), why));
            return None;
        };
        parts.push(part);
        at += end;
    }
    Some(parts)
}

fn part(text: &str) -> Option<NumberPart> {
    match text {
        "{YYYY}" => Some(NumberPart::Year),
        "{MM}" => Some(NumberPart::Month),
        "{DD}" => Some(NumberPart::Day),
        "{SEQ}" => Some(NumberPart::Sequence(1)),
        _ => {
            let width = text.strip_prefix("{SEQ:")?.strip_suffix('}')?.parse().ok()?;
            (1..=MAX_WIDTH).contains(&width).then_some(NumberPart::Sequence(width))
        }
    }
}
