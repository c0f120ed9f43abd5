//! The seeds of every fuzz target, and thousands of mutations of them, the same in every run.
#![expect(clippy::unwrap_used, reason = "a panic is the report of a test")]

use athyper_tests::{fuzz, programs, tree};

/// Mutations per target.
const MUTATIONS: usize = 3_000;

/// Pieces that readers trip over.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    "\u{202e}".as_bytes(),
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b": ",
    b"- ",
    b"\n",
    b"\t",
    b"\r\n",
    b"#",
    b"%",
    b"&a ",
    b"*a",
    b"|",
    b">",
    b"..",
    b"!!",
    b"?",
    b"\\u",
    b"9223372036854775808",
    b"---\n",
    b",",
];

/// A small generator (xorshift64): the same numbers everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit.max(1) as u64)).unwrap()
    }
}

fn mutate(numbers: &mut Numbers, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds.get(numbers.below(seeds.len())).unwrap().clone();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len() + 1);
        let end = (at + 1 + numbers.below(12)).min(bytes.len());
        match numbers.below(5) {
            0 => drop(bytes.drain(at.min(end)..end)),
            1 => drop(bytes.splice(at..at, PIECES.get(numbers.below(PIECES.len())).unwrap().iter().copied())),
            2 => {
                let copy: Vec<u8> = bytes.get(at.min(end)..end).unwrap().to_vec();
                bytes.splice(at..at, copy);
            }
            3 => bytes.truncate(at),
            _ => {
                let other = seeds.get(numbers.below(seeds.len())).unwrap();
                let from = numbers.below(other.len());
                let piece: Vec<u8> = other.iter().skip(from).take(24).copied().collect();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

fn run(target: &str, function: fn(&[u8])) {
    let folder = programs::root().join("tests/fuzz/seeds").join(target);
    let seeds: Vec<Vec<u8>> = tree::read(&folder).unwrap().into_values().collect();
    assert!(seeds.len() >= 15, "{target} has too few seeds");
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mutated = (0..MUTATIONS).map(|_| mutate(&mut numbers, &seeds));
    for bytes in seeds.iter().cloned().chain(mutated) {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        assert!(std::panic::catch_unwind(|| function(&bytes)).is_ok(), "{target} panics on {shown:?}");
    }
}

#[test]
fn no_source_file_makes_the_compiler_panic() {
    run("package", fuzz::package);
}

#[test]
fn no_expression_makes_the_parser_panic() {
    run("expression", fuzz::expression);
}

#[test]
fn no_request_makes_the_server_panic() {
    run("request", fuzz::request);
}
