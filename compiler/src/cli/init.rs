//! `metac init`: a small package that compiles at once.

use std::fs;
use std::path::PathBuf;

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
    let folder_name = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = package_name(&folder_name);
    let package = format!("package: {name}\nedition: 2026\ndialects: [sqlite, postgres]\n");
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
    if name != folder_name {
        let why = "packages are named in small letters, digits and single `_`";
        eprintln!("the package is called `{name}`, as `{folder_name}` is no name for one: {why}");
    }
    eprintln!("next: metac compile {}", folder.display());
    Ok(Exit::Done)
}

/// The folder's name as a package name: lower case, digits and single underscores, a letter first.
fn package_name(folder: &str) -> String {
    let lower = folder.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let name = words.join("_").trim_start_matches(|c: char| c == '_' || c.is_ascii_digit()).to_owned();
    if name.is_empty() { "my_package".to_owned() } else { name }
}
