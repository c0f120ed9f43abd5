//! The `athyper` program. Lives here: nothing but the start.

fn main() {}
