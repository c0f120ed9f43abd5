//! Number series: the period a number belongs to, its text, and the sequence inside a text. Periods are in UTC.

use athyper_expr::moment;
use athyper_schemas::bundle::{NumberPart, Numbering, Reset};

/// The period of a day, as the series is kept: `2026`, `2026-03`, `2026-03-31`, or nothing.
#[must_use]
pub fn period(reset: Reset, today: i32) -> String {
    let mut day = String::new();
    moment::write_date(today, &mut day);
    let keep = match reset {
        Reset::Never => 0,
        Reset::Yearly => 4,
        Reset::Monthly => 7,
        Reset::Daily => 10,
    };
    day.truncate(keep);
    day
}

/// The number for a place in the sequence.
#[must_use]
pub fn text(numbering: &Numbering, sequence: i64, today: i32) -> String {
    let mut day = String::new();
    moment::write_date(today, &mut day);
    let mut out = String::new();
    for part in &numbering.format {
        match part {
            NumberPart::Literal(text) => out.push_str(text),
            NumberPart::Year => out.push_str(day.get(0..4).unwrap_or_default()),
            NumberPart::Month => out.push_str(day.get(5..7).unwrap_or_default()),
            NumberPart::Day => out.push_str(day.get(8..10).unwrap_or_default()),
            NumberPart::Sequence(width) => {
                let width = usize::from(*width);
                out.push_str(&format!("{sequence:0width$}"));
            }
        }
    }
    out
}

/// The period and the place in the sequence that a number was given from, if it has the form of the series.
#[must_use]
pub fn read(numbering: &Numbering, number: &str) -> Option<(String, i64)> {
    let (mut year, mut month, mut day, mut sequence) = ("0001", "01", "01", None);
    let mut rest = number;
    for (index, part) in numbering.format.iter().enumerate() {
        let taken = match part {
            NumberPart::Literal(text) => {
                rest = rest.strip_prefix(text.as_str())?;
                continue;
            }
            NumberPart::Year => 4,
            NumberPart::Month | NumberPart::Day => 2,
            NumberPart::Sequence(width) => {
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let is_last = index + 1 == numbering.format.len();
                if is_last { digits } else { usize::from(*width).min(digits) }
            }
        };
        let (text, tail) =
            rest.split_at_checked(taken).filter(|(t, _)| t.bytes().all(|b| b.is_ascii_digit()))?;
        rest = tail;
        match part {
            NumberPart::Year => year = text,
            NumberPart::Month => month = text,
            NumberPart::Day => day = text,
            NumberPart::Sequence(_) => sequence = text.parse().ok(),
            NumberPart::Literal(_) => {}
        }
    }
    let today = moment::parse_date(&format!("{year}-{month}-{day}"))?;
    sequence.filter(|_| rest.is_empty()).map(|sequence| (period(numbering.reset, today), sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(format: Vec<NumberPart>, reset: Reset) -> Numbering {
        Numbering { field: "code".into(), format, reset, gapless: true }
    }

    #[test]
    fn a_number_is_written_and_read_back() {
        let today = moment::parse_date("2026-03-31").expect("a day");
        let literal = |text: &str| NumberPart::Literal(text.into());
        let order = series(
            vec![literal("PO-"), NumberPart::Year, literal("-"), NumberPart::Sequence(5)],
            Reset::Yearly,
        );
        assert_eq!(text(&order, 42, today), "PO-2026-00042");
        assert_eq!(text(&order, 123_456, today), "PO-2026-123456");
        assert_eq!(read(&order, "PO-2026-00042"), Some(("2026".into(), 42)));
        assert_eq!(read(&order, "PO-2026-123456"), Some(("2026".into(), 123_456)));
        assert_eq!(read(&order, "PO-26-1"), None);
        assert_eq!(read(&order, "X-2026-00042"), None);
        let daily = series(
            vec![NumberPart::Sequence(3), literal("/"), NumberPart::Day, NumberPart::Month, NumberPart::Year],
            Reset::Daily,
        );
        assert_eq!(text(&daily, 7, today), "007/31032026");
        assert_eq!(read(&daily, "007/31032026"), Some(("2026-03-31".into(), 7)));
        assert_eq!(period(Reset::Monthly, today), "2026-03");
        assert_eq!(period(Reset::Never, today), "");
    }
}
