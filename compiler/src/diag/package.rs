//! Messages about the package file and the folders of a package (09).

use athyper_schemas::authoring::PACKAGE_FILE;

use super::{Diagnostic, codes, lints};
use crate::source::{FileId, Span};

codes! {
    /// There is no `metac.yaml`, or nothing in it.
    NO_PACKAGE_FILE = "E0901" "no-package-file";
    /// An edition that this program does not know.
    UNKNOWN_EDITION = "E0902" "unknown-edition";
    /// A warning that does not exist.
    UNKNOWN_LINT = "E0903" "unknown-lint";
    /// A folder whose name cannot be a module.
    BAD_FOLDER = "E0904" "bad-folder";
    /// The keys of the package file somewhere else, or more than one document in it.
    MISPLACED_PACKAGE = "E0905" "misplaced-package";
    /// SQL for no database at all.
    NO_DIALECT = "E0906" "no-dialect";
    /// An attribute of the caller that cannot be what it is said to be.
    BAD_ATTRIBUTE = "E0907" "bad-attribute";
}

/// There is no package file; `first` is the start of some other file.
#[must_use]
pub fn missing(first: Option<Span>) -> Diagnostic {
    let span = first.unwrap_or_else(|| Span::new(FileId::default(), 0..0));
    Diagnostic::new(&NO_PACKAGE_FILE, span, format!("the package has no `{PACKAGE_FILE}`"))
        .note("it names the package and stands in its root")
        .help(format!("write `package: shop` and `edition: 2026` into `{PACKAGE_FILE}`"))
}

/// The package file says nothing.
#[must_use]
pub fn empty(span: Span) -> Diagnostic {
    Diagnostic::new(&NO_PACKAGE_FILE, span, format!("`{PACKAGE_FILE}` is empty")).fix(
        "name the package and its edition",
        span,
        "package: shop\nedition: 2026\n",
    )
}

/// An edition other than `known`.
#[must_use]
pub fn unknown_edition(span: Span, known: u16) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_EDITION, span, "this edition is not known").label("not known").fix(
        format!("the edition is {known}"),
        span,
        known.to_string(),
    )
}

/// `slug` is no warning.
#[must_use]
pub fn unknown_lint(span: Span, slug: &str) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_LINT, span, format!("there is no warning `{slug}`"))
        .label("not known")
        .did_you_mean(span, slug, lints())
        .note("only warnings have a level; errors cannot be silenced")
}

/// A folder that cannot be a module.
#[must_use]
pub fn bad_folder(span: Span, folder: &str) -> Diagnostic {
    Diagnostic::new(&BAD_FOLDER, span, format!("the folder `{folder}` cannot be a module"))
        .note("folders are modules, and modules are part of names: `sales.Order`")
        .help("name it in `snake_case`: small letters, digits and single `_`, the first a letter")
}

/// `package:` outside the package file.
#[must_use]
pub fn misplaced(span: Span) -> Diagnostic {
    Diagnostic::new(
        &MISPLACED_PACKAGE,
        span,
        format!("a package is described in `{PACKAGE_FILE}` at its root"),
    )
    .label("not here")
    .help(format!("move it to `{PACKAGE_FILE}` in the root, or compile this folder on its own"))
}

/// More than one document in the package file.
#[must_use]
pub fn second_document(span: Span) -> Diagnostic {
    Diagnostic::new(&MISPLACED_PACKAGE, span, format!("`{PACKAGE_FILE}` holds one document"))
        .label("a second one")
        .help("move entities, enums, types and policies to files of their own")
}

/// `dialects: []`.
#[must_use]
pub fn no_dialect(span: Span) -> Diagnostic {
    Diagnostic::new(&NO_DIALECT, span, "a package is made for at least one database")
        .label("none is named")
        .fix("name both", span, "[sqlite, postgres]")
}

/// An attribute of the caller with a type it cannot have.
#[must_use]
pub fn bad_attribute(span: Span, name: &str, must: &str) -> Diagnostic {
    Diagnostic::new(&BAD_ATTRIBUTE, span, format!("`user.{name}` must be {must}")).label("this is not")
}
