//! Cursors: where a page ended, sealed. A client cannot read, change or forge one, nor use it for another list.
//!
//! A cursor is the sort keys of the last record, encrypted and authenticated (ChaCha20-Poly1305) under a key that
//! is derived from the secret of the database and from the view: tenant, model, entity, filter and order. The
//! nonce is a keyed hash of the contents, so the same place in the same view is always the same cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use serde_json::Value;

use super::list::After;
use crate::policy::Access;
use crate::sql::Bind;

/// Longest cursor that is looked at, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// Contents are padded to a multiple of this, so that the length tells nothing about a value.
const BLOCK_BYTES: usize = 64;

/// Seals and opens the cursors of one database.
#[derive(Debug, Clone)]
pub struct Cursors {
    secret: hmac::Key,
}

impl Cursors {
    /// With the secret of the database.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self { secret: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) }
    }

    /// The cursor for the place behind the record with these keys.
    #[must_use]
    pub fn seal(&self, keys: &[Bind], view: &str) -> Option<String> {
        let (key, nonces) = self.keys(view)?;
        let values: Vec<Value> = keys.iter().map(to_json).collect();
        let mut text = Value::Array(values).to_string();
        text.push_str(&" ".repeat(BLOCK_BYTES - text.len() % BLOCK_BYTES));
        let mut sealed = hmac::sign(&nonces, text.as_bytes()).as_ref().get(..NONCE_LEN)?.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&sealed).ok()?;
        let mut contents = text.into_bytes();
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut contents).ok()?;
        sealed.append(&mut contents);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What [`Cursors::seal`] sealed for this view; `count` keys, or nothing.
    #[must_use]
    pub fn open(&self, cursor: &str, view: &str, count: usize) -> Option<After> {
        if cursor.len() > MAX_BYTES {
            return None;
        }
        let mut sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (nonce, contents) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let (key, _) = self.keys(view)?;
        let text = key.open_in_place(nonce, Aad::empty(), contents).ok()?;
        let values: Vec<Value> = serde_json::from_slice(text).ok()?;
        let keys: Vec<Bind> = values.iter().map(from_json).collect::<Option<_>>()?;
        (keys.len() == count).then_some(After(keys))
    }

    /// The key that seals the cursors of this view, and the one that makes their nonces.
    fn keys(&self, view: &str) -> Option<(LessSafeKey, hmac::Key)> {
        let derived =
            |purpose: &str| hmac::sign(&self.secret, format!("cursor {purpose}\n{view}").as_bytes());
        let sealing = UnboundKey::new(&CHACHA20_POLY1305, derived("key").as_ref()).ok()?;
        Some((LessSafeKey::new(sealing), hmac::Key::new(hmac::HMAC_SHA256, derived("nonce").as_ref())))
    }
}

fn to_json(bind: &Bind) -> Value {
    match bind {
        Bind::Null => Value::Null,
        Bind::Int(number) => (*number).into(),
        Bind::Text(text) => text.as_ref().into(),
    }
}

fn from_json(value: &Value) -> Option<Bind> {
    match value {
        Value::Null => Some(Bind::Null),
        Value::Number(number) => number.as_i64().map(Bind::Int),
        Value::String(text) => Some(Bind::text(text)),
        _ => None,
    }
}

/// What a cursor belongs to: the list that `words` choose and order, in one tenant and one model.
pub(super) fn view(access: &Access, words: &str) -> String {
    let scope = access.scope();
    let mut view = Words::default();
    view.add(scope.tenant().as_str());
    view.add(scope.catalog().identity().as_str());
    view.add(access.entity().name());
    view.add(words);
    view.done()
}

/// Words written down such that no two lists of words read the same.
#[derive(Debug, Default)]
pub(super) struct Words(String);

impl Words {
    pub(super) fn add(&mut self, word: &str) {
        self.0.push_str(&word.len().to_string());
        self.0.push(':');
        self.0.push_str(word);
    }

    pub(super) fn done(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_whole_and_only_in_its_own_view() {
        let cursors = Cursors::new("secret");
        let keys = [Bind::text("Ünïcode \"quoted\""), Bind::Int(i64::MIN), Bind::Null];
        let cursor = cursors.seal(&keys, "view").unwrap();
        assert_eq!(cursors.open(&cursor, "view", 3), Some(After(keys.to_vec())));
        assert_eq!(cursors.open(&cursor, "other view", 3), None);
        assert_eq!(cursors.open(&cursor, "view", 2), None);
        assert_eq!(Cursors::new("another").open(&cursor, "view", 3), None);
        for (place, letter) in cursor.char_indices() {
            let other = if letter == 'A' { "B" } else { "A" };
            let mut changed = cursor.clone();
            changed.replace_range(place..=place, other);
            assert_eq!(cursors.open(&changed, "view", 3), None, "character {place}");
        }
        for nonsense in ["", "AAAA", "%%%", &"A".repeat(100_000)] {
            assert_eq!(cursors.open(nonsense, "view", 3), None);
        }
    }

    #[test]
    fn a_cursor_tells_nothing_about_a_value_not_even_its_length() {
        let cursors = Cursors::new("secret");
        let short = cursors.seal(&[Bind::text("a")], "view").unwrap();
        let long = cursors.seal(&[Bind::text("a much longer name")], "view").unwrap();
        assert_eq!(short.len(), long.len());
        assert!(!short.contains("YQ"));
    }
}
