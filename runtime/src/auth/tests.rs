//! The table of attacks on tokens, and what must still work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use http::HeaderMap;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::jwk::Key;
use super::{Authenticator, KeyRing, Rejection};
use crate::config::Auth;
use crate::config::layers::Layers;

/// The second in which a test began: every test has its own thread, and `jsonwebtoken` its own clock.
fn now() -> i64 {
    thread_local!(static NOW: i64 = jiff::Timestamp::now().as_second());
    NOW.with(|now| *now)
}

struct Issuer {
    ed: Ed25519KeyPair,
    ec: EcdsaKeyPair,
    file: tempfile::NamedTempFile,
}

impl Issuer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let ed = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let ec = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let point = ec.public_key().as_ref();
        let set = json!({ "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "use": "sig", "x": B64.encode(ed.public_key()) },
            { "kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256",
              "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..]) },
            { "kty": "RSA", "kid": "for-encryption", "use": "enc", "n": "AQAB", "e": "AQAB" },
            { "kty": "OKP", "crv": "Ed25519", "kid": "too-short", "x": "AAAA" },
            vector()["key"],
        ]});
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), set.to_string()).unwrap();
        Self { ed, ec, file }
    }

    fn sign(&self, header: &Value, claims: &str) -> String {
        if header["kid"] != "ec" {
            return sign_by(&self.ed, header, claims);
        }
        let signed = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims));
        let signature = self.ec.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", B64.encode(signature))
    }

    async fn authenticator(&self) -> Authenticator {
        let settings = settings(self.file.path());
        Authenticator::new(settings.clone(), KeyRing::open(&settings).await.unwrap())
    }
}

fn sign_by(key: &Ed25519KeyPair, header: &Value, claims: &str) -> String {
    let signed = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims));
    format!("{signed}.{}", B64.encode(key.sign(signed.as_bytes())))
}

/// A server that says the same to everybody, whatever is asked for; its address, and how often it was asked.
async fn saying(text: Arc<Mutex<String>>) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let app = axum::Router::new().fallback(move || async move {
        counted.fetch_add(1, Ordering::SeqCst);
        text.lock().unwrap().clone()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{address}"), asked)
}

fn vector() -> Value {
    serde_json::from_str(include_str!("rs256.json")).unwrap()
}

fn settings(file: &std::path::Path) -> Auth {
    let mut auth = Layers::defaults().unwrap().resolve().unwrap().auth;
    auth.issuer = "https://id.example".to_owned();
    auth.audience = "shop".to_owned();
    auth.jwks_file = file.to_owned();
    auth
}

fn claims() -> Value {
    json!({ "iss": "https://id.example", "aud": ["other", "shop"], "sub": "anna", "tenant": "acme",
            "roles": ["clerk", "buyer", "buyer"], "exp": now() + 60, "nbf": now() })
}

fn with(key: &str, value: Value) -> String {
    let mut claims = claims();
    claims[key] = value;
    claims.to_string()
}

fn without(key: &str) -> String {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(key);
    claims.to_string()
}

fn headers(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    headers
}

#[tokio::test]
async fn good_tokens_of_every_algorithm_hold() {
    let issuer = Issuer::new();
    let authenticator = issuer.authenticator().await;
    let ed = issuer.sign(&json!({ "alg": "EdDSA", "kid": "ed" }), &claims().to_string());
    let ec = issuer.sign(&json!({ "alg": "ES256", "kid": "ec", "typ": "at+jwt" }), &claims().to_string());
    let unnamed = issuer.sign(&json!({ "alg": "EdDSA" }), &claims().to_string());
    let rs = vector()["token"].as_str().unwrap().to_owned();
    for token in [ed, ec, unnamed, rs] {
        // Twice: the second answer comes from memory.
        for _ in 0..2 {
            let verified = authenticator.judge(&headers(&token), now()).await.unwrap();
            assert_eq!((verified.id(), verified.tenant()), ("anna", "acme"));
            assert_eq!(verified.roles(), ["buyer", "clerk"]);
        }
    }
}

#[tokio::test]
async fn attacks_on_the_signature_are_refused() {
    let issuer = Issuer::new();
    let authenticator = issuer.authenticator().await;
    let body = claims().to_string();
    let sign = |header: Value| issuer.sign(&header, &body);
    let good = sign(json!({ "alg": "EdDSA", "kid": "ed" }));
    let unsigned = |header: Value| format!("{}.{}.", B64.encode(header.to_string()), B64.encode(&body));
    let symmetric = {
        let signed = format!(
            "{}.{}",
            B64.encode(json!({ "alg": "HS256", "kid": "ed" }).to_string()),
            B64.encode(&body)
        );
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, issuer.ed.public_key().as_ref());
        format!("{signed}.{}", B64.encode(ring::hmac::sign(&key, signed.as_bytes())))
    };
    let twice = format!("{}.{}", B64.encode(r#"{"alg":"EdDSA","alg":"none","kid":"ed"}"#), B64.encode(&body));
    let table = [
        ("alg none", unsigned(json!({ "alg": "none", "kid": "ed" }))),
        ("alg None", unsigned(json!({ "alg": "None" }))),
        ("no signature", unsigned(json!({ "alg": "EdDSA", "kid": "ed" }))),
        ("HS256 with the public key", symmetric),
        ("another key's id", sign(json!({ "alg": "EdDSA", "kid": "ec" }))),
        ("algorithm of another key", sign(json!({ "alg": "ES256", "kid": "ed" }))),
        ("RS256 with an EC key", sign(json!({ "alg": "RS256", "kid": "ec" }))),
        ("unknown key", sign(json!({ "alg": "EdDSA", "kid": "../../etc/passwd" }))),
        ("unusable key", sign(json!({ "alg": "EdDSA", "kid": "too-short" }))),
        ("crit", sign(json!({ "alg": "EdDSA", "kid": "ed", "crit": ["b64"], "b64": false }))),
        ("another kind of token", sign(json!({ "alg": "EdDSA", "kid": "ed", "typ": "logout+jwt" }))),
        ("no algorithm", sign(json!({ "kid": "ed" }))),
        ("header said twice", format!("{twice}.")),
        ("tampered claims", good.replacen(&B64.encode(&body), &B64.encode(with("tenant", json!("evil"))), 1)),
        ("tampered signature", format!("{}AAAA", &good[..good.len() - 4])),
        ("padding", format!("{good}==")),
        ("four parts", format!("{good}.x")),
        ("two parts", "a.b".to_owned()),
        ("empty", String::new()),
        ("too long", "a".repeat(9000)),
    ];
    for (attack, token) in table {
        let outcome = authenticator.judge(&headers(&token), now()).await;
        assert!(outcome.is_err(), "{attack} was accepted");
    }
    assert!(authenticator.judge(&headers(&good), now()).await.is_ok());
}

/// A certificate that signs itself, for the key whose seed is nines.
const CERTIFICATE: &str = "MIIBOjCB7aADAgECAhRLKSFW40QRGFxmxfJrO/U3c3cYoDAFBgMrZXAwEjEQMA4GA1UEAwwHbWFsbG9yeTAgFw0yNjExMjQxOTAzMThaGA8yMTI2MTAzMTE5MDMxOFowEjEQMA4GA1UEAwwHbWFsbG9yeTAqMAUGAytlcAMhAP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYYo1MwUTAdBgNVHQ4EFgQUXgdFRyGAsaw7/3IR+EZTbObJCpQwHwYDVR0jBBgwFoAUXgdFRyGAsaw7/3IR+EZTbObJCpQwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXADQQCp2d4Cba/FZpNlXurrXdKDiNAHYCCGV3gJovXc4WlbGcSpk3FLU5IgKrjjxxKmBJW5TFeS/10RDKaqLH4iquQD";

/// A server that fetched what a token names, or took the key that a token holds, would believe whoever made it.
#[tokio::test]
async fn keys_that_a_token_brings_along_are_neither_fetched_nor_believed() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (issuer, mallory) = (Issuer::new(), Ed25519KeyPair::from_seed_unchecked(&[9; 32]).unwrap());
    let own = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "mallory", "alg": "EdDSA", "use": "sig",
        "x": B64.encode(mallory.public_key()) });
    let (theirs, asked) = saying(Arc::new(Mutex::new(json!({ "keys": [own.clone()] }).to_string()))).await;
    let (trusted, fetches) =
        saying(Arc::new(Mutex::new(std::fs::read_to_string(issuer.file.path()).unwrap()))).await;
    let mut settings = settings(std::path::Path::new(""));
    settings.jwks_url = format!("{trusted}/keys");
    settings.jwks_min_interval_s = 0;
    let authenticator = Authenticator::new(settings.clone(), KeyRing::open(&settings).await.unwrap());

    let keys = format!("{theirs}/keys");
    let brought = [
        json!({ "jwk": own }),
        json!({ "jku": keys }),
        json!({ "x5u": format!("{theirs}/chain.pem") }),
        json!({ "x5c": [CERTIFICATE] }),
        json!({ "x5c": [CERTIFICATE], "x5t": "AAAA", "x5t#S256": "AAAA" }),
        json!({ "jwk": own, "jku": keys, "x5u": keys, "x5c": [CERTIFICATE] }),
    ];
    let named = [Value::Null, json!("ed"), json!("mallory"), json!(keys), json!("unknown")];
    for header in brought {
        for kid in &named {
            let mut header = header.clone();
            header["alg"] = json!("EdDSA");
            if !kid.is_null() {
                header["kid"] = kid.clone();
            }
            for body in [claims().to_string(), with("iss", json!(theirs))] {
                let forged = sign_by(&mallory, &header, &body);
                let outcome = authenticator.judge(&headers(&forged), now()).await;
                assert!(outcome.is_err(), "{header} was believed");
            }
        }
        // Whoever holds a true key gains and loses nothing by it.
        let mut header = header;
        (header["alg"], header["kid"]) = (json!("EdDSA"), json!("ed"));
        let good = issuer.sign(&header, &claims().to_string());
        assert!(authenticator.judge(&headers(&good), now()).await.is_ok(), "{header}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "what a token named was fetched");
    assert!(fetches.load(Ordering::SeqCst) > 1, "unknown keys were looked for where the settings say");
}

#[tokio::test]
async fn claims_are_checked_one_by_one() {
    let issuer = Issuer::new();
    let authenticator = issuer.authenticator().await;
    let doubled = claims().to_string().replacen('{', r#"{"tenant":"evil","#, 1);
    let table = [
        ("iss", with("iss", json!("https://id.example/"))),
        ("iss", with("iss", json!(["https://id.example"]))),
        ("iss", without("iss")),
        ("aud", with("aud", json!("shopping"))),
        ("aud", with("aud", json!([]))),
        ("aud", without("aud")),
        ("exp", with("exp", json!(now() - 30))),
        ("exp", with("exp", json!("2099-01-01"))),
        ("exp", with("exp", json!(-1))),
        ("exp", without("exp")),
        ("nbf", with("nbf", json!(now() + 31))),
        ("nbf", with("nbf", json!("soon"))),
        ("nbf", with("nbf", Value::Null)),
        ("sub", without("sub")),
        ("sub", with("sub", json!(""))),
        ("sub", with("sub", json!("a\nb"))),
        ("tenant", without("tenant")),
        ("tenant", with("tenant", json!(["acme", "evil"]))),
        ("roles", with("roles", json!([1]))),
        ("roles", with("roles", json!(["*"]))),
        ("roles", with("roles", json!({ "admin": true }))),
    ];
    for (claim, body) in table {
        let token = issuer.sign(&json!({ "alg": "EdDSA", "kid": "ed" }), &body);
        let outcome = authenticator.judge(&headers(&token), now()).await;
        let Err(Rejection::Claim(name, _)) = outcome else { panic!("{claim}: {body} gave {outcome:?}") };
        assert_eq!(name, claim, "{body}");
    }
    let token = issuer.sign(&json!({ "alg": "EdDSA", "kid": "ed" }), &doubled);
    assert!(matches!(authenticator.judge(&headers(&token), now()).await, Err(Rejection::Malformed(_))));
}

#[tokio::test]
async fn a_remembered_token_still_expires() {
    let issuer = Issuer::new();
    let authenticator = issuer.authenticator().await;
    let token = headers(&issuer.sign(&json!({ "alg": "EdDSA", "kid": "ed" }), &claims().to_string()));
    assert!(authenticator.judge(&token, now() + 89).await.is_ok(), "within the leeway");
    assert!(authenticator.judge(&token, now() + 90).await.is_err());
}

#[tokio::test]
async fn one_bearer_header_is_asked_for() {
    let issuer = Issuer::new();
    let authenticator = issuer.authenticator().await;
    let mut none = HeaderMap::new();
    assert_eq!(authenticator.judge(&none, now()).await.unwrap_err(), Rejection::Missing);
    none.insert("authorization", "Basic YTpi".parse().unwrap());
    assert_eq!(authenticator.judge(&none, now()).await.unwrap_err(), Rejection::NotBearer);
    let mut two = headers("x");
    two.append("authorization", "Bearer y".parse().unwrap());
    assert_eq!(authenticator.judge(&two, now()).await.unwrap_err(), Rejection::NotBearer);
}

#[tokio::test]
async fn roles_are_found_at_a_path() {
    let issuer = Issuer::new();
    let mut settings = settings(issuer.file.path());
    settings.claims.roles = "realm_access.roles".to_owned();
    let authenticator = Authenticator::new(settings.clone(), KeyRing::open(&settings).await.unwrap());
    let body = with("realm_access", json!({ "roles": ["boss"] }));
    let token = issuer.sign(&json!({ "alg": "EdDSA", "kid": "ed" }), &body);
    assert_eq!(authenticator.judge(&headers(&token), now()).await.unwrap().roles(), ["boss"]);
}

#[tokio::test]
async fn a_new_key_is_found_and_a_flood_of_unknown_ones_fetches_nothing() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let issuer = Issuer::new();
    let set = Arc::new(Mutex::new(json!({ "keys": [vector()["key"]] }).to_string()));
    let (address, fetches) = saying(Arc::clone(&set)).await;

    let mut settings = settings(std::path::Path::new(""));
    settings.jwks_url = format!("{address}/keys");
    settings.jwks_min_interval_s = 0;
    let good = std::mem::replace(&mut *set.lock().unwrap(), "not yet".to_owned());
    let late = Authenticator::new(settings.clone(), KeyRing::open(&settings).await.unwrap());
    assert!(!late.is_ready().await);
    *set.lock().unwrap() = good;
    assert!(late.is_ready().await, "the issuer came up later");
    let authenticator = Authenticator::new(settings.clone(), KeyRing::open(&settings).await.unwrap());
    let token = headers(&issuer.sign(&json!({ "alg": "EdDSA", "kid": "ed" }), &claims().to_string()));
    assert!(authenticator.judge(&token, now()).await.is_err(), "the key is not there yet");
    *set.lock().unwrap() = std::fs::read_to_string(issuer.file.path()).unwrap();
    assert!(authenticator.judge(&token, now()).await.is_ok(), "the key was fetched");

    settings.jwks_min_interval_s = 60;
    let authenticator = Authenticator::new(settings.clone(), KeyRing::open(&settings).await.unwrap());
    let before = fetches.load(Ordering::SeqCst);
    for n in 0..50 {
        let header = json!({ "alg": "EdDSA", "kid": format!("unknown-{n}") });
        let unknown = headers(&issuer.sign(&header, &claims().to_string()));
        assert!(authenticator.judge(&unknown, now()).await.is_err());
    }
    assert_eq!(fetches.load(Ordering::SeqCst), before);

    settings.jwks_url = "http://keys.example/keys".to_owned();
    assert!(KeyRing::open(&settings).await.is_err(), "plain http is for this machine only");
}

#[tokio::test]
async fn the_development_key_is_private_and_mints_tokens_that_hold() {
    let folder = tempfile::tempdir().unwrap();
    assert!(super::dev::DevKey::load(folder.path()).is_err());
    let key = super::dev::DevKey::load_or_make(folder.path()).unwrap();
    let again = super::dev::DevKey::load_or_make(folder.path()).unwrap();
    let claims = json!({ "sub": "anna", "tenant": "acme" }).as_object().unwrap().clone();
    let token = again.mint(claims, now(), 60).unwrap();
    let authenticator = key.authenticator(&settings(std::path::Path::new("")));
    assert_eq!(authenticator.judge(&headers(&token), now()).await.unwrap().id(), "anna");
    assert!(authenticator.judge(&headers(&token), now() + 90).await.is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join(super::dev::FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(super::dev::DevKey::load(folder.path()).is_err(), "others could read it");
    }
}

#[test]
fn keys_that_could_not_be_used_are_refused_when_they_are_read() {
    let issuer = Issuer::new();
    let ed = |bytes: &[u8]| json!({ "kty": "OKP", "crv": "Ed25519", "x": B64.encode(bytes) });
    let ec =
        |x: &[u8], y: &[u8]| json!({ "kty": "EC", "crv": "P-256", "x": B64.encode(x), "y": B64.encode(y) });
    let rsa = |n: &[u8], e: &[u8]| json!({ "kty": "RSA", "n": B64.encode(n), "e": B64.encode(e) });
    let set = |mut jwk: Value, name: &str, value: Value| {
        jwk[name] = value;
        jwk
    };
    let public = issuer.ed.public_key().as_ref();
    let (x, y) = issuer.ec.public_key().as_ref()[1..].split_at(32);
    let good = [ed(public), ec(x, y), rsa(&[0xff; 256], &[1, 0, 1]), rsa(&[0xff; 512], &[3])];
    for jwk in good {
        assert!(Key::from_jwk(jwk.clone()).is_ok(), "{jwk}");
    }
    let bad = [
        ("nothing", json!({})),
        ("not an object", json!("key")),
        ("Ed25519, empty", ed(&[])),
        ("Ed25519, too short", ed(&public[..31])),
        ("Ed25519, too long", ed(&[public, &[0]].concat())),
        ("Ed25519, not a point", ed(&[2; 32])),
        ("Ed25519, not base64url", set(ed(public), "x", json!("=".repeat(43)))),
        ("Ed25519, private", set(ed(public), "d", json!("AAAA"))),
        ("Ed25519 that says ES256", set(ed(public), "alg", json!("ES256"))),
        ("Ed25519 that says what nobody knows", set(ed(public), "alg", json!("Ed1"))),
        ("Ed25519 for encryption", set(ed(public), "use", json!("enc"))),
        ("Ed25519 for signing only", set(ed(public), "key_ops", json!(["sign"]))),
        ("X25519", set(ed(public), "crv", json!("X25519"))),
        ("P-256, not on the curve", ec(&[1; 32], &[1; 32])),
        ("P-256, split elsewhere", ec(&[x, &y[..1]].concat(), &y[1..])),
        ("P-384", set(ec(x, y), "crv", json!("P-384"))),
        ("RSA, 1024 bits", rsa(&[0xff; 128], &[1, 0, 1])),
        ("RSA, 1024 bits behind zeros", rsa(&[[0; 128], [0xff; 128]].concat(), &[1, 0, 1])),
        ("RSA, 8192 bits", rsa(&[0xff; 1024], &[1, 0, 1])),
        ("RSA, even", rsa(&[0xfe; 256], &[1, 0, 1])),
        ("RSA, exponent 1", rsa(&[0xff; 256], &[1])),
        ("RSA, even exponent", rsa(&[0xff; 256], &[4])),
        ("RSA, no exponent", rsa(&[0xff; 256], &[])),
        ("RSA, large exponent", rsa(&[0xff; 256], &[1; 5])),
        ("RSA for PS256", set(rsa(&[0xff; 256], &[3]), "alg", json!("PS256"))),
        ("a shared secret", json!({ "kty": "oct", "k": B64.encode([7; 32]) })),
    ];
    for (why, jwk) in bad {
        assert!(Key::from_jwk(jwk).is_err(), "{why} was accepted");
    }
}

#[tokio::test]
async fn the_file_of_a_development_key_stays_readable_and_its_tokens_hold() {
    let issuer = Issuer::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(super::dev::FILE);
    let file = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "dev-1",
        "x": B64.encode(issuer.ed.public_key()), "d": B64.encode([7; 32]) });
    let damaged = [
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "dev-1", "x": file["x"], "d": B64.encode([7; 31]) }),
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": "dev-1", "x": file["x"], "d": B64.encode([8; 32]) }),
        json!({ "kty": "OKP" }),
    ];
    super::dev::DevKey::load_or_make(folder.path()).unwrap();
    for content in damaged {
        std::fs::write(&path, content.to_string()).unwrap();
        assert!(super::dev::DevKey::load(folder.path()).is_err(), "{content}");
    }
    std::fs::write(&path, file.to_string()).unwrap();
    let key = super::dev::DevKey::load(folder.path()).unwrap();
    let mut claims = claims();
    claims["iss"] = json!("athyper-dev");
    claims["aud"] = json!("athyper");
    let signed_by_ring =
        issuer.sign(&json!({ "alg": "EdDSA", "kid": "dev-1", "typ": "at+jwt" }), &claims.to_string());
    let authenticator = key.authenticator(&settings(std::path::Path::new("")));
    assert_eq!(authenticator.judge(&headers(&signed_by_ring), now()).await.unwrap().id(), "anna");
}
