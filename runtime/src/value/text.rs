//! Text: bringing it into its one form and checking what it must be, as the facts about its type say.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::LazyLock;

use athyper_schemas::field_types::{Normalise, TypeFacts, Validate};

use super::field_problem::{Code, Wrong};

/// `text` in the one form of its type, when it is a valid value of it. Lengths are not checked here.
///
/// # Errors
/// What is wrong with it.
pub fn accept<'t>(facts: &TypeFacts, text: &'t str) -> Result<Cow<'t, str>, Wrong> {
    if text.contains('\0') {
        return Err(Wrong::new(Code::Nul, "must not hold a NUL character"));
    }
    let normal = normalise(facts.normalise, text);
    validate(facts.validate, normal)
}

fn normalise(how: Normalise, text: &str) -> Cow<'_, str> {
    match how {
        Normalise::Keep => Cow::Borrowed(text),
        Normalise::Trim => Cow::Borrowed(text.trim()),
        Normalise::Upper => Cow::Owned(text.trim().to_uppercase()),
        Normalise::Lower => Cow::Owned(text.trim().to_lowercase()),
        Normalise::UpperCompact => Cow::Owned(text.split_whitespace().collect::<String>().to_uppercase()),
        Normalise::Phone => Cow::Owned(
            text.chars()
                .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '(' | ')' | '/'))
                .collect(),
        ),
        Normalise::Html => Cow::Owned(SANITISER.clean(text).to_string()),
    }
}

/// Ammonia's own allow list knows neither SVG nor MathML nor scripts.
static SANITISER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(ammonia::Builder::default);

fn validate(what: Validate, text: Cow<'_, str>) -> Result<Cow<'_, str>, Wrong> {
    let wrong = |message: &str| Err(Wrong::new(Code::Format, message));
    match what {
        Validate::Anything | Validate::EnumValue => Ok(text),
        Validate::Line if text.chars().any(char::is_control) => {
            wrong("must be one line without control characters")
        }
        Validate::Email if !is_email(&text) => {
            wrong("must be an e-mail address, such as `orders@example.com`")
        }
        Validate::Url if !is_url(&text) => wrong("must be an absolute http or https address"),
        Validate::Phone if !is_phone(&text) => {
            wrong("must be a telephone number with country code, such as `+41446681800`")
        }
        Validate::Country if !is_country(&text) => {
            wrong("must be a country code of two letters (ISO 3166-1), such as `CH`")
        }
        Validate::Currency if iso_currency::Currency::from_code(&text).is_none() => {
            wrong("must be a currency code of three letters (ISO 4217), such as `EUR`")
        }
        Validate::Language if !is_language(&text) => {
            wrong("must be a language tag (BCP 47), such as `de-CH`")
        }
        Validate::Timezone => match time_zone(&text) {
            Some(name) => Ok(Cow::Owned(name)),
            None => wrong("must be a time zone of the IANA database, such as `Europe/Zurich`"),
        },
        Validate::Iban if text.parse::<iban::Iban>().is_err() => {
            wrong("must be an IBAN; its country, length or check digits do not fit")
        }
        Validate::Color if !is_color(&text) => wrong("must be a colour such as `#1b6ac9`"),
        Validate::Slug if !is_slug(&text) => {
            wrong("must be lower-case letters and digits in words joined by hyphens, such as `oak-table`")
        }
        Validate::Ip => match text.parse::<IpAddr>() {
            Ok(address) => Ok(Cow::Owned(address.to_string())),
            Err(_) => wrong("must be an IPv4 or IPv6 address"),
        },
        _ => Ok(text),
    }
}

fn is_email(text: &str) -> bool {
    let options = email_address::Options::default().without_display_text();
    email_address::EmailAddress::parse_with_options(text, options).is_ok()
}

fn is_url(text: &str) -> bool {
    // The parser forgives blanks, tabs and backslashes; a stored address should need no forgiveness.
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return false;
    }
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
        && url::Url::parse(text).is_ok_and(|url| url.host().is_some())
}

fn is_phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (2..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && COUNTRIES.contains(text)
}

/// The shape of RFC 5646: language, script, region, variants, extensions, private use.
fn is_language(text: &str) -> bool {
    let alpha = |s: &str| s.bytes().all(|b| b.is_ascii_alphabetic());
    let alphanumeric = |s: &str| s.bytes().all(|b| b.is_ascii_alphanumeric());
    let mut parts = text.split('-').peekable();
    let Some(language) = parts.next() else { return false };
    if !alpha(language) || !(2..=8).contains(&language.len()) {
        return language.eq_ignore_ascii_case("x") && private_use(parts);
    }
    if language.len() <= 3 {
        for _ in 0..3 {
            if parts.next_if(|p| p.len() == 3 && alpha(p)).is_none() {
                break;
            }
        }
    }
    let _script = parts.next_if(|p| p.len() == 4 && alpha(p));
    let _region = parts
        .next_if(|p| (p.len() == 2 && alpha(p)) || (p.len() == 3 && p.bytes().all(|b| b.is_ascii_digit())));
    while let Some(part) = parts.next() {
        if part.eq_ignore_ascii_case("x") {
            return private_use(parts);
        }
        let variant = alphanumeric(part)
            && ((5..=8).contains(&part.len())
                || (part.len() == 4 && part.starts_with(|c: char| c.is_ascii_digit())));
        let extension = part.len() == 1 && alphanumeric(part);
        if extension {
            if parts.next_if(|p| (2..=8).contains(&p.len()) && alphanumeric(p)).is_none() {
                return false;
            }
            while parts.next_if(|p| (2..=8).contains(&p.len()) && alphanumeric(p)).is_some() {}
        } else if !variant {
            return false;
        }
    }
    true
}

fn private_use<'t>(parts: impl Iterator<Item = &'t str>) -> bool {
    let mut parts = parts.peekable();
    parts.peek().is_some()
        && parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn time_zone(text: &str) -> Option<String> {
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(text).ok()?;
    zone.iana_name().map(str::to_owned)
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        digits.len() == 6 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn is_slug(text: &str) -> bool {
    text.split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

static COUNTRIES: LazyLock<HashSet<&'static str>> = LazyLock::new(|| COUNTRY_CODES.split(' ').collect());

/// ISO 3166-1 alpha-2.
const COUNTRY_CODES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO \
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE \
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO \
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW \
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM \
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

#[cfg(test)]
mod tests {
    use super::*;
    use athyper_schemas::field_types::facts;

    fn accepted(name: &str, text: &str) -> Result<String, Code> {
        accept(facts(name).expect("a type"), text).map(Cow::into_owned).map_err(|wrong| wrong.code)
    }

    #[test]
    fn good_values_take_their_one_form() {
        for (name, given, kept) in [
            ("string", " Oak table ", " Oak table "),
            ("text", "a\nb", "a\nb"),
            ("email", " orders@example.com ", "orders@example.com"),
            ("url", "https://example.com/a?b=c", "https://example.com/a?b=c"),
            ("phone", "+41 (44) 668-18.00", "+41446681800"),
            ("country", "ch", "CH"),
            ("currency", " eur", "EUR"),
            ("language", "de-CH-1996", "de-CH-1996"),
            ("language", "zh-Hant-TW-u-co-stroke-x-a", "zh-Hant-TW-u-co-stroke-x-a"),
            ("timezone", "europe/zurich", "Europe/Zurich"),
            ("iban", "de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
            ("color", "#1B6AC9", "#1b6ac9"),
            ("slug", "Oak-Table-2", "oak-table-2"),
            ("ip", "2001:DB8:0:0::1", "2001:db8::1"),
            ("ip", "192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(accepted(name, given).as_deref(), Ok(kept), "{name} {given}");
        }
    }

    #[test]
    fn bad_values_are_refused() {
        for (name, given) in [
            ("string", "a\nb"),
            ("string", "a\u{7f}"),
            ("email", "orders"),
            ("email", "Orders <orders@example.com>"),
            ("email", "a@b@c"),
            ("url", "javascript:alert(1)"),
            ("url", "ftp://example.com"),
            ("url", "https:///"),
            ("url", "https://exa mple.com"),
            ("url", "//example.com"),
            ("phone", "0446681800"),
            ("phone", "+0446681800"),
            ("phone", "+1234567890123456"),
            ("phone", "+4144x"),
            ("country", "XX"),
            ("country", "CHE"),
            ("currency", "EURO"),
            ("currency", "XQQ"),
            ("language", "d"),
            ("language", "de--CH"),
            ("language", "de-u"),
            ("timezone", "Europe/Atlantis"),
            ("iban", "DE89370400440532013001"),
            ("iban", "XX89370400440532013000"),
            ("color", "1b6ac9"),
            ("color", "#1b6"),
            ("slug", "oak--table"),
            ("slug", "oak table"),
            ("ip", "192.0.2.256"),
        ] {
            assert_eq!(accepted(name, given), Err(Code::Format), "{name} {given}");
        }
        assert_eq!(accepted("text", "a\0b"), Err(Code::Nul));
    }

    #[test]
    fn html_keeps_what_is_harmless_only() {
        let dirty = "<p onclick=x>Hi<script>alert(1)</script><svg><a xlink:href='javascript:x'>y</a></svg>\
                     <a href='javascript:x'>z</a></p>";
        let clean = accepted("rich_text", dirty).expect("html");
        for word in ["script", "svg", "onclick", "javascript"] {
            assert!(!clean.contains(word), "{clean}");
        }
        assert!(clean.starts_with("<p>Hi"), "{clean}");
        assert_eq!(accepted("rich_text", &clean), Ok(clean), "cleaning twice changes nothing");
    }

    #[test]
    fn the_country_list_is_whole_and_sorted() {
        let codes: Vec<_> = COUNTRY_CODES.split(' ').collect();
        assert_eq!(codes.len(), 249);
        assert!(codes.is_sorted());
    }
}
