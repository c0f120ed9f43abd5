//! Uploading and downloading files, the values of `file` and `image` fields.
//!
//! Whoever may write a record that can hold a file may upload. Whoever uploaded a file with a token, or sees it in a
//! record that he may read, may download it and refer to it; for everybody else it does not exist.

use std::io;

use athyper_expr::Value;
use athyper_schemas::bundle::Action;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::session::Session;
use crate::catalog::{Catalog, Entity, Field};
use crate::db::Db;
use crate::draft::Draft;
use crate::files::{self, Files};
use crate::plan::{self, FilePlan, Moment, holds_files};
use crate::policy;
use crate::problem::{Kind, Problem};
use crate::sql::{Filling, Statement, Template, files as sql, read};
use crate::value::field_problem::{Code, FieldProblem, Pointer, Wrong};
use crate::who::{Principal, Scope};

const LONGEST_NAME: usize = 255;

/// Everything that keeps files.
pub struct FileSide {
    db: Db,
    files: Files,
}

/// A file as it arrives.
pub struct Upload<'u> {
    /// What the client calls it.
    pub name: &'u str,
    /// What the client says it is.
    pub media_type: &'u str,
    /// What it is.
    pub bytes: Bytes,
}

/// What is known of a file.
#[derive(Debug, Serialize)]
pub struct Known {
    /// The value for a `file` or `image` field.
    pub id: Uuid,
    /// Without folders.
    pub name: String,
    /// For images what their bytes say, otherwise what the client said.
    pub media_type: String,
    /// The size.
    pub bytes: i64,
    /// Of the bytes, in hexadecimal digits.
    pub sha256: String,
}

impl FileSide {
    /// The files of a database and a folder.
    #[must_use]
    pub fn new(db: Db, files: Files) -> Self {
        Self { db, files }
    }

    /// Keeps a file.
    ///
    /// # Errors
    /// The problem the client is told.
    pub async fn upload(
        &self,
        scope: &Scope,
        principal: &Principal,
        upload: Upload<'_>,
    ) -> Result<Known, Problem> {
        let may_write = |entity: &Entity| {
            [Action::Create, Action::Update]
                .into_iter()
                .any(|action| policy::decide(scope, principal, entity.id(), action).is_ok())
        };
        let catalog = scope.catalog();
        if !holders(catalog).any(|(entity, _)| may_write(catalog.top(entity))) {
            let detail = "no rule lets you write a record that could hold a file";
            return Err(Problem::new(Kind::Forbidden).detail(detail));
        }
        let known = Known {
            id: Uuid::now_v7(),
            name: plain_name(upload.name),
            media_type: media_type(&upload)?,
            bytes: i64::try_from(upload.bytes.len()).unwrap_or(i64::MAX),
            sha256: self.files.keep(scope.tenant(), upload.bytes).await.map_err(failed)?,
        };
        let texts = [known.name.as_str(), &known.media_type, &known.sha256, principal.subject()];
        let at = Timestamp::now().to_string();
        let mut tx = self.db.begin_for(scope.tenant()).await?;
        tx.execute(&sql::add(scope.tenant(), known.id, texts, (known.bytes, &at))).await?;
        tx.commit().await?;
        Ok(known)
    }

    /// A file and its bytes.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when it is not there or the caller may not see it.
    pub async fn download(
        &self,
        scope: &Scope,
        principal: &Principal,
        id: Uuid,
    ) -> Result<(Known, Vec<u8>), Problem> {
        // Callers without a token are many, and share one subject.
        let own = Some(principal.subject()).filter(|_| !principal.is_anonymous());
        let moment = Moment::of(principal, Timestamp::now().as_microsecond());
        let statement = Search::of(scope, principal, own)?.at(scope, &moment, (id, false));
        let statement = statement.ok_or_else(Problem::not_found)?;
        let rows = self.db.read(&statement).await?;
        let row = rows.first().ok_or_else(Problem::not_found)?;
        let text = |column| row.text(column).unwrap_or_default().to_owned();
        let bytes = row.int(3).unwrap_or_default();
        let known = Known { id, name: text(0), media_type: text(1), sha256: text(2), bytes };
        let content = self.files.read(scope.tenant(), &known.sha256).await.map_err(Problem::internal)?;
        Ok((known, content))
    }
}

impl Session {
    /// Judges the files that a draft refers to: each is there and the caller may see it, and an image is one. A file
    /// that he may not see is not there for him: put into a record of his own, it would be his to read.
    pub(super) async fn attached(
        &mut self,
        draft: &Draft,
        at: Pointer<'_>,
    ) -> Result<Vec<FieldProblem>, Problem> {
        let catalog = self.catalog();
        let mut set = Vec::new();
        draft.each_at(at, &catalog, &mut |record, at| {
            for field in catalog.entity(record.entity).fields().iter().filter(|f| holds_files(f)) {
                if let Value::Uuid(id) = record.value(field.id())
                    && record.changed(field.id())
                {
                    set.push((*id, field.def().ty.name == "image", Pointer::Key(&at, field.name()).text()));
                }
            }
        });
        let mut problems = Vec::new();
        if set.is_empty() {
            return Ok(problems);
        }
        let moment = Moment::of(self.principal(), self.moment().now_us);
        let search = Search::of(self.scope(), self.principal(), Some(self.principal().subject()))?;
        for (id, is_image, pointer) in set {
            let rows = match search.at(self.scope(), &moment, (id, true)) {
                Some(statement) => self.tx.read(&statement).await?,
                None => Vec::new(),
            };
            let wrong = match rows.first().and_then(|row| row.text(1)) {
                None => Wrong::new(Code::NotFound, "there is no file with this id; upload it first"),
                Some(kind) if is_image && !kind.starts_with("image/") => {
                    Wrong::new(Code::Format, "must be a PNG, JPEG, GIF or WebP image")
                }
                Some(_) => continue,
            };
            problems.push(Pointer::Root(&pointer).problem(wrong));
        }
        Ok(problems)
    }
}

/// Every field that can hold a file.
fn holders(catalog: &Catalog) -> impl Iterator<Item = (&Entity, &Field)> {
    let entities = catalog.entities().iter();
    entities.flat_map(|e| e.fields().iter().filter(|f| holds_files(f)).map(move |f| (e, f)))
}

/// How a caller looks for files: in the places where he could see one, and among those that he uploaded.
struct Search {
    plan: FilePlan,
    /// Nothing when there is no such place.
    template: Option<Template>,
    own: Option<String>,
}

impl Search {
    fn of(scope: &Scope, principal: &Principal, own: Option<&str>) -> Result<Self, Problem> {
        let plan = plan::file(scope, principal);
        let template = plan.access().map(|access| read::file(&plan, access, own)).transpose()?;
        Ok(Self { template, plan, own: own.map(str::to_owned) })
    }

    /// The statement that looks for one, in a transaction or outside; nothing when there is nowhere to look.
    fn at(&self, scope: &Scope, moment: &Moment, (id, in_transaction): (Uuid, bool)) -> Option<Statement> {
        let Some((access, template)) = self.plan.access().zip(self.template.as_ref()) else {
            let own = self.own.as_deref()?;
            return Some(sql::own(scope.catalog().dialect(), scope.tenant(), id, own));
        };
        Some(template.fill(&Filling { access, moment, id: Some(id), limit: 1, keys: &[], in_transaction }))
    }
}

/// The last part of a path, without what a terminal or a file system could misread.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    let plain = plain.trim().trim_start_matches('.');
    if plain.is_empty() { "file".to_owned() } else { plain.to_owned() }
}

/// Images are known by their bytes; whoever says `image/...` must send one.
fn media_type(upload: &Upload<'_>) -> Result<String, Problem> {
    if let Some(kind) = files::image_type(&upload.bytes) {
        return Ok(kind.to_owned());
    }
    let said = upload.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if said.starts_with("image/") {
        let message = "says an image, but the bytes are no PNG, JPEG, GIF or WebP";
        return Err(Problem::new(Kind::UnsupportedMediaType).header(
            "content-type",
            "not_supported",
            message,
        ));
    }
    let is_plain = said.len() <= 127
        && said.split('/').count() == 2
        && said.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.+-_".contains(&b));
    Ok(if is_plain { said } else { "application/octet-stream".to_owned() })
}

fn failed(error: io::Error) -> Problem {
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Kind::StorageFull,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Kind::Unavailable,
        _ => Kind::Internal,
    };
    Problem::new(kind).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_folders_and_types_their_lies() {
        assert_eq!(plain_name("../../etc/passwd"), "passwd");
        assert_eq!(plain_name("C:\\temp\\..\\.x\n.pdf"), "x.pdf");
        assert_eq!(plain_name("/"), "file");
        let of = |said: &str, bytes: &'static [u8]| {
            media_type(&Upload { name: "", media_type: said, bytes: Bytes::from_static(bytes) }).ok()
        };
        assert_eq!(of("text/html; charset=utf-8", b"<p>").as_deref(), Some("text/html"));
        assert_eq!(of("text/html", b"GIF89a...").as_deref(), Some("image/gif"));
        assert_eq!(of("image/svg+xml", b"<svg>"), None);
        assert_eq!(of("a b\"", b"x").as_deref(), Some("application/octet-stream"));
    }
}
