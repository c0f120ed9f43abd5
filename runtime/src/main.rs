//! The `athyper` program. Lives here: nothing but the start.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Exactly one cryptography may speak TLS; it is chosen before anything could ask for it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    athyper_runtime::cli::run(std::env::args_os())
}
