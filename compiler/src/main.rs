//! The program `metac`.
fn main() {}
