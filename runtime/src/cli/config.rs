//! `athyper config`: what is in force, and why.

use clap::Args;

use super::setup::{self, Setup};
use super::{Failure, say};

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct Config {
    #[command(flatten)]
    setup: Setup,
}

impl Config {
    pub(super) fn run(self) -> Result<(), Failure> {
        let layers = self.setup.layers()?;
        setup::checked(&layers)?;
        say(layers.explain().trim_end())
    }
}
