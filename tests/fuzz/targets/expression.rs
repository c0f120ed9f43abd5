//! Throws what libFuzzer finds at [`athyper_tests::fuzz::expression`].
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| athyper_tests::fuzz::expression(bytes));
