//! `metac explain`: the page of a code.

use athyper_metac::diag::{CODES, find_code, nearest};

use super::{Exit, Stop, out};

/// Say what a code means, with an example that is wrong and one that is right.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  metac explain E0101
  metac explain duplicate-key
  metac explain                            lists every code")]
pub struct Args {
    /// A code such as `E0101`, or its name
    code: Option<String>,
}

/// Prints a page, or the list.
pub fn run(args: &Args) -> Result<Exit, Stop> {
    let all = || CODES.iter().flat_map(|phase| phase.iter());
    let Some(wanted) = &args.code else {
        let list: String = all().map(|code| format!("{}  {}\n", code.id, code.slug)).collect();
        out(&list)?;
        return Ok(Exit::Done);
    };
    if let Some(code) = find_code(wanted) {
        out(code.page)?;
        return Ok(Exit::Done);
    }
    let names = all().flat_map(|code| [code.id, code.slug]);
    let near = nearest(wanted, names).map(|name| format!("; did you mean `{name}`?"));
    let rest = near.unwrap_or_else(|| "; `metac explain` lists every code".to_owned());
    Err(Stop::new(Exit::WrongCall, format!("there is no code `{wanted}`{rest}")))
}
