//! Number series: the format can number, and the field can hold it.

use athyper_schemas::bundle::{NumberPart, Reset};

use crate::diag::{Sink, entities};
use crate::model::{EntityRef, FieldType, Model, Numbering};

/// Formats have one sequence and never give a number twice.
pub(super) fn formats(model: &Model, sink: &mut Sink) {
    for entity in model.entities() {
        let Some(number) = &entity.get().number else { continue };
        if let Some(why) = bad_format(number) {
            sink.error(entities::number_format(number.format_span, why));
        }
        let field = entity.field(number.field);
        if let Some(why) = bad_field(entity, number).filter(|_| !field.get().poisoned) {
            sink.error(entities::number_field(number.field_span, field.name(), &why));
        }
    }
}

fn bad_format(number: &Numbering) -> Option<&'static str> {
    let has = |part: &NumberPart| number.format.contains(part);
    let sequences = number.format.iter().filter(|part| matches!(part, NumberPart::Sequence(_))).count();
    let (year, month, day) = (has(&NumberPart::Year), has(&NumberPart::Month), has(&NumberPart::Day));
    match (sequences, number.reset) {
        (0, _) => Some("there is no `{SEQ:width}` in it"),
        (1, Reset::Never) => None,
        (1, Reset::Yearly) if year => None,
        (1, Reset::Monthly) if year && month => None,
        (1, Reset::Daily) if year && month && day => None,
        (1, Reset::Yearly) => Some("it starts again every year and does not say the year: add `{YYYY}`"),
        (1, Reset::Monthly) => Some("it starts again every month: add `{YYYY}` and `{MM}`"),
        (1, Reset::Daily) => Some("it starts again every day: add `{YYYY}`, `{MM}` and `{DD}`"),
        _ => Some("there is more than one sequence in it"),
    }
}

fn bad_field(entity: EntityRef<'_>, number: &Numbering) -> Option<String> {
    let field = entity.field(number.field).get();
    if entity.is_child() {
        return Some("owned records are numbered by their `position`".to_owned());
    }
    if field.default.is_some() || field.computed.is_some() || field.places.copy.is_some() {
        return Some("it already gets its value from elsewhere".to_owned());
    }
    let length = number.format.iter().map(width).sum::<usize>();
    match &field.ty {
        FieldType::Scalar(scalar) if scalar.facts.name == "string" => {
            let most = scalar.max_length.unwrap_or(0) as usize;
            (length > most).then(|| format!("numbers have {length} characters and it holds {most}"))
        }
        _ => Some("it is no `string`".to_owned()),
    }
}

/// How many characters a part takes.
fn width(part: &NumberPart) -> usize {
    match part {
        NumberPart::Literal(text) => text.chars().count(),
        NumberPart::Year => 4,
        NumberPart::Month | NumberPart::Day => 2,
        NumberPart::Sequence(width) => usize::from(*width),
    }
}
