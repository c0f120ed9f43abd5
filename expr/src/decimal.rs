//! Exact decimals: a 64-bit count of units of 10^-scale with at most 18 digits. No floats.
//!
//! Every operation that does not fit gives `None`; rounding is half away from zero.

use std::cmp::Ordering;
use std::fmt;

/// The most digits a decimal can have, before and behind the point together.
pub const MAX_DIGITS: u8 = 18;

/// The largest count of units: eighteen nines. The smallest is its negative.
pub const MAX_UNITS: i64 = 999_999_999_999_999_999;

/// An exact decimal.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    units: i64,
    scale: u8,
}

/// 10 to the power of `n`, for `n` up to 38.
const fn pow10(n: u8) -> Option<i128> {
    10i128.checked_pow(n as u32)
}

fn fit(units: i128, scale: u8) -> Option<Decimal> {
    i64::try_from(units).ok().and_then(|units| Decimal::new(units, scale))
}

/// The quotient rounded half away from zero.
const fn divide_rounded(dividend: i128, divisor: i128) -> Option<i128> {
    let (Some(quotient), Some(rest)) = (dividend.checked_div(divisor), dividend.checked_rem(divisor)) else {
        return None;
    };
    let away = if (dividend < 0) == (divisor < 0) { 1 } else { -1 };
    let up = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs() && rest != 0;
    Some(if up { quotient + away } else { quotient })
}

impl Decimal {
    /// `units` of 10^-`scale`; `None` when that has more than 18 digits or the scale is above 18.
    #[must_use]
    pub const fn new(units: i64, scale: u8) -> Option<Self> {
        if scale > MAX_DIGITS || units > MAX_UNITS || units < -MAX_UNITS {
            return None;
        }
        Some(Self { units, scale })
    }

    /// The count of units.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.units
    }

    /// Digits behind the point.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Reads an optional sign, digits, and optionally a point and digits. The scale is as many as are written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (unsigned, ""),
        };
        if whole.is_empty() {
            return None;
        }
        let mut units: i128 = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = byte.is_ascii_digit().then(|| i128::from(byte - b'0'))?;
            units = units.checked_mul(10)?.checked_add(digit)?;
        }
        let units = if text.starts_with('-') { -units } else { units };
        fit(units, u8::try_from(fraction.len()).ok()?)
    }

    /// Reads a decimal of exactly this scale; `None` when that would lose a digit other than zero.
    #[must_use]
    pub fn parse_exact(text: &str, scale: u8) -> Option<Self> {
        let cut = match text.split_once('.') {
            Some((whole, fraction)) if fraction.len() > usize::from(scale) => {
                let (kept, lost) = fraction.split_at_checked(usize::from(scale))?;
                if !lost.bytes().all(|b| b == b'0') {
                    return None;
                }
                if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") }
            }
            _ => text.to_owned(),
        };
        Self::parse(&cut)?.rescale(scale)
    }

    /// An integer as a decimal of this scale.
    #[must_use]
    pub fn from_int(value: i64, scale: u8) -> Option<Self> {
        fit(i128::from(value).checked_mul(pow10(scale)?)?, scale)
    }

    /// Cut towards zero.
    #[must_use]
    pub fn to_int(self) -> Option<i64> {
        i64::try_from(i128::from(self.units) / pow10(self.scale)?).ok()
    }

    /// With another scale, rounded.
    #[must_use]
    pub fn rescale(self, to: u8) -> Option<Self> {
        let units = i128::from(self.units);
        if to >= self.scale {
            fit(units.checked_mul(pow10(to - self.scale)?)?, to)
        } else {
            fit(divide_rounded(units, pow10(self.scale - to)?)?, to)
        }
    }

    /// The sum; both have one scale.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        if self.scale != other.scale {
            return None;
        }
        Self::new(self.units + other.units, self.scale)
    }

    /// The difference; both have one scale.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        if self.scale != other.scale {
            return None;
        }
        Self::new(self.units - other.units, self.scale)
    }

    /// The product rounded to scale `to`; `None` also when the exact product has more than 18 digits.
    #[must_use]
    pub fn checked_mul(self, other: Self, to: u8) -> Option<Self> {
        let exact = self.units.checked_mul(other.units)?;
        if !(-MAX_UNITS..=MAX_UNITS).contains(&exact) {
            return None;
        }
        let scale = self.scale + other.scale;
        if to >= scale {
            fit(i128::from(exact).checked_mul(pow10(to - scale)?)?, to)
        } else {
            fit(divide_rounded(i128::from(exact), pow10(scale - to)?)?, to)
        }
    }

    /// The quotient rounded to scale `to`; `None` also when the dividend with `to + other.scale` digits behind
    /// the point has more than 18 digits.
    #[must_use]
    pub fn checked_div(self, other: Self, to: u8) -> Option<Self> {
        let shift = (to + other.scale).checked_sub(self.scale)?;
        let dividend = i128::from(self.units).checked_mul(pow10(shift)?)?;
        if dividend.unsigned_abs() > MAX_UNITS.unsigned_abs().into() {
            return None;
        }
        fit(divide_rounded(dividend, i128::from(other.units))?, to)
    }

    /// The negative.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self { units: -self.units, scale: self.scale }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.units);
        }
        let width = usize::from(self.scale);
        let ten = pow10(self.scale).unwrap_or(1);
        let units = i128::from(self.units).unsigned_abs();
        let sign = if self.units < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:0width$}", units / ten.unsigned_abs(), units % ten.unsigned_abs())
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.units.cmp(&other.units);
        }
        let scale = self.scale.max(other.scale);
        let aligned =
            |d: &Self| i128::from(d.units).saturating_mul(pow10(scale - d.scale).unwrap_or(i128::MAX));
        aligned(self).cmp(&aligned(other))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn text_survives_reading_and_writing() {
        for text in ["0", "-1", "12.50", "0.000001", "-0.05", "999999999999999999", "0.999999999999999999"] {
            assert_eq!(d(text).to_string(), text);
        }
        for text in ["", "-", ".5", "1.", "1e3", " 1", "1 ", "0x1", "1_0", "--1", "1000000000000000000", "٣"]
        {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn reading_with_a_scale_never_loses_a_digit() {
        assert_eq!(Decimal::parse_exact("1.5", 2).unwrap().to_string(), "1.50");
        assert_eq!(Decimal::parse_exact("1.500", 2).unwrap().to_string(), "1.50");
        assert_eq!(Decimal::parse_exact("7.000", 0).unwrap().to_string(), "7");
        assert!(Decimal::parse_exact("1.505", 2).is_none());
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (text, to, rounded) in
            [("1.25", 1, "1.3"), ("-1.25", 1, "-1.3"), ("1.24", 1, "1.2"), ("0.5", 0, "1"), ("-0.4", 0, "0")]
        {
            assert_eq!(d(text).rescale(to).unwrap().to_string(), rounded);
        }
        assert_eq!(d("10.00").checked_div(d("3"), 2).unwrap().to_string(), "3.33");
        assert_eq!(d("-2").checked_div(d("3"), 0).unwrap().to_string(), "-1");
        assert_eq!(d("1.05").checked_mul(d("1.1"), 2).unwrap().to_string(), "1.16");
    }

    #[test]
    fn what_does_not_fit_is_none() {
        let max = Decimal::new(MAX_UNITS, 2).unwrap();
        let one = Decimal::new(1, 2).unwrap();
        assert!(max.checked_add(one).is_none());
        assert!(max.negated().checked_sub(one).is_none());
        assert!(max.checked_mul(d("1.1"), 2).is_none());
        assert!(max.rescale(3).is_none());
        assert!(one.checked_div(d("0"), 2).is_none());
    }

    #[test]
    fn order_ignores_the_scale() {
        assert_eq!(d("1.5"), d("1.50"));
        assert!(d("1.49") < d("1.5"));
        assert!(d("-999999999999999999") < d("0.000000000000000001"));
    }
}
