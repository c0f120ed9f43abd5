//! `metac schema`: JSON Schemas of what can be written in YAML, for editors.

use athyper_metac::diag::nearest;
use athyper_schemas::authoring;

use super::{Exit, Stop, out};

/// Print the JSON Schema of what can be written in YAML.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  metac schema > athyper.schema.json       every kind of document
  metac schema entity                      entities alone

With the YAML language server, put this line on top of a file:
  # yaml-language-server: $schema=athyper.schema.json")]
pub struct Args {
    /// The kind of document: all, package, entity, enum, type, policy or policy_test
    #[arg(default_value = "all")]
    kind: String,
}

/// Prints one schema.
pub fn run(args: &Args) -> Result<Exit, Stop> {
    let schemas = authoring::schemas();
    if let Some(schema) = schemas.get(args.kind.as_str()) {
        out(&format!("{schema:#}\n"))?;
        return Ok(Exit::Done);
    }
    let near = nearest(&args.kind, schemas.keys().copied()).map(|name| format!("; did you mean `{name}`?"));
    let kinds: Vec<&str> = schemas.keys().copied().collect();
    let rest = near.unwrap_or_else(|| format!("; there are: {}", kinds.join(", ")));
    Err(Stop::new(Exit::WrongCall, format!("there is no kind `{}`{rest}", args.kind)))
}
