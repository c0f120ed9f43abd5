//! The log: to stderr, for people or for machines.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::{Code, Failure};
use crate::config::{Log, LogFormat};

/// Starts the log. Whether people read it.
pub(super) fn start(settings: &Log) -> Result<bool, Failure> {
    let filter = EnvFilter::try_new(&settings.level)
        .map_err(|e| Failure::new(Code::Usage, format!("`log.level` = `{}`: {e}", settings.level)))?;
    let is_terminal = std::io::stderr().is_terminal();
    let pretty = match settings.format {
        LogFormat::Auto => is_terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if pretty {
        let colour = is_terminal && std::env::var_os("NO_COLOR").is_none();
        builder.with_ansi(colour).with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).with_span_list(false).try_init()
    };
    started.map_err(Failure::outside)?;
    Ok(pretty)
}
