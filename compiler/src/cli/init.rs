//! `metac init`: a small package that compiles at once.

use std::fs;
use std::path::{Path, PathBuf};

use athyper_schemas::authoring::PACKAGE_FILE;

use super::{Exit, Stop, out};

/// Start a package that compiles at once.
#[derive(clap::Args)]
#[command(after_help = "Example:
  metac init shop && metac compile shop")]
pub struct Args {
    /// The folder, made when it is not there; its name becomes the package's name
    #[arg(default_value = ".")]
    folder: PathBuf,
}

const ENTITY: &str = r#"# One entity and who may use it. `metac explain` lists what can go wrong, `metac compile` writes build/.
entity: Task
doc: Something to do.
class: master
fields:
  title:    string(80)!
  done:     bool! = false
  due_on:   date
  priority: { type: int, required: true, default: 3, min: 1, max: 5 }
checks:
  titled: { assert: size(title) > 0, message: "A task needs a title" }
---
policy: TaskAccess
for: Task
roles:
  owner: { from: ["*"], when: created_by == user.id }
rules:
  - { id: everyone, allow: [read, create], to: ["*"] }
  - { id: own,      allow: [update, delete], to: [owner] }
"#;

/// Writes the package; nothing that is there is touched.
pub fn run(args: &Args) -> Result<Exit, Stop> {
    let folder = &args.folder;
    fs::create_dir_all(folder).map_err(|error| Stop::disk("make", folder, &error))?;
    let full = folder.canonicalize().map_err(|error| Stop::disk("find", folder, &error))?;
    let package = format!("package: {}\nedition: 2026\ndialects: [sqlite, postgres]\n", package_name(&full));
    let files = [(PACKAGE_FILE, package.as_str()), ("task.yaml", ENTITY), (".gitignore", "/build\n")];
    for (name, _) in files {
        let path = folder.join(name);
        if path.exists() {
            let message = format!("`{}` is there already; nothing was changed", path.display());
            return Err(Stop::new(Exit::Refused, message));
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| Stop::disk("write", &path, &error))?;
        out(&format!("{}\n", path.display()))?;
    }
    eprintln!("next: metac compile {}", folder.display());
    Ok(Exit::Done)
}

/// The folder's name as a package name: lower case, digits and underscores, a letter first.
fn package_name(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let name = name.trim_matches(|c: char| c == '_' || c.is_ascii_digit()).to_owned();
    if name.is_empty() { "my_package".to_owned() } else { name }
}
