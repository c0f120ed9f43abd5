//! What is made of a value before somebody sees it who may not see the value.

use athyper_expr::Value;
use athyper_schemas::bundle::Mask;
use ring::hmac;

/// The key of [`Mask::Hash`], one for each tenant.
#[derive(Debug, Clone)]
pub struct MaskKey(hmac::Key);

impl MaskKey {
    /// The key that belongs to these secret bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }
}

/// What is shown of `value`; null stays null.
#[must_use]
pub fn mask(mask: Mask, value: &Value, key: &MaskKey) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    let text = value.to_string();
    Value::text(&match mask {
        Mask::Redact => "***".to_owned(),
        Mask::Last4 => last4(&text),
        Mask::Hash => hex::encode(hmac::sign(&key.0, text.as_bytes()).as_ref().get(..8).unwrap_or_default()),
        Mask::Range => range(value, &text),
        Mask::Initials => {
            text.split_whitespace().filter_map(|word| word.chars().next()).map(|c| format!("{c}.")).collect()
        }
    })
}

fn last4(text: &str) -> String {
    let count = text.chars().count();
    let end: String = if count < 8 { String::new() } else { text.chars().skip(count - 4).collect() };
    format!("****{end}")
}

fn range(value: &Value, text: &str) -> String {
    match value {
        Value::Date(_) | Value::Datetime(_) => text.chars().take(4).collect(),
        _ => {
            let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
            let whole = digits.split('.').next().unwrap_or_default().trim_start_matches('0');
            match whole.len() {
                0 => format!("{sign}0..{sign}1"),
                digits => format!("{sign}1{}..{sign}1{}", "0".repeat(digits - 1), "0".repeat(digits)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_what_its_line_says() {
        let key = MaskKey::new(b"secret");
        let shown = |m, text: &str| mask(m, &Value::text(text), &key).to_string();
        assert_eq!(shown(Mask::Redact, "anything"), "***");
        assert_eq!(shown(Mask::Last4, "DE89370400440532013000"), "****3000");
        assert_eq!(shown(Mask::Last4, "1234567"), "****");
        assert_eq!(shown(Mask::Initials, "Ada  Lovelace"), "A.L.");
        assert_eq!(shown(Mask::Hash, "a").len(), 16);
        assert_ne!(shown(Mask::Hash, "a"), shown(Mask::Hash, "b"));
        let range = |n| mask(Mask::Range, &Value::Int(n), &key).to_string();
        assert_eq!(
            [range(0), range(7), range(1000), range(-42)],
            ["0..1", "1..10", "1000..10000", "-10..-100"]
        );
        assert_eq!(mask(Mask::Redact, &Value::Null, &key), Value::Null);
    }
}
