//! Markdown cases: a page is a small package with what the compiler and the server say about it.
//!
//! | block | holds | compared with |
//! |---|---|---|
//! | `yaml PATH` | a source file of the page's package | |
//! | `toml` | the configuration it is served with | |
//! | `error` | what `metac check` tells a person | its stderr |
//! | `json PATH [POINTER]` | a file of the build, or the part at a JSON pointer | that file, indented |
//! | `sql DIALECT TABLE` | the statements about one table | `sql/DIALECT/schema.sql` |
//! | `http` | a request, a line `---`, and its answer | the served package |
//! | `plan` | what the last request asked of the package's tables, each with SQLite's plan | the server's log |
//!
//! A request is `METHOD PATH as ROLE@TENANT` (or `as ROLE+ROLE@TENANT CLAIM=VALUE`), then `? NAME = VALUE` lines of the
//! query, `Name: value` headers, an empty line and a body. Ids, times and cursors are written `<id1>`, `<time>`, `<cursor1>` and can be used so in later requests.
//!
//! Requests get the same answers on SQLite, on PostgreSQL and under `--rls full`. A line `<!-- SQLite only: REASON -->` before a block leaves
//! it out on PostgreSQL.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::golden;
use crate::markdown::{self, Block};
use crate::programs;
use crate::server::{Server, Store};

mod names;
mod plan;

use names::Names;

/// Answer headers that a case shows.
const SHOWN: &[&str] =
    &["allow", "etag", "location", "preference-applied", "www-authenticate", "x-total-count"];

/// Runs one page on SQLite; with `BLESS=1` rewrites what it expects. Then its requests once more on PostgreSQL, and
/// there once more with row level security for everything that is read.
///
/// # Errors
/// When an expectation is not met, with the place and the difference.
pub async fn run(path: &Path) -> anyhow::Result<()> {
    let answers = on(Store::Sqlite, path, Vec::new()).await?;
    on(Store::Postgres, path, answers.clone()).await?;
    on(Store::PostgresInFull, path, answers).await.map(drop)
}

/// The answers with their bytes as they came, which must be those given before where there were some.
async fn on(store: Store, path: &Path, before: Vec<Came>) -> anyhow::Result<Vec<Came>> {
    let page = std::fs::read_to_string(path)?;
    let mut blocks = markdown::blocks(&page);
    let package = write_package(&page, &blocks)?;
    if store != Store::Sqlite {
        blocks.retain(|block| block.language == "http" && !is_sqlite_only(&page, block));
    }
    let mut stage = Stage {
        store,
        package: package.path(),
        server: None,
        names: Names::default(),
        read: 0,
        came: Vec::new(),
    };
    let mut changes = Vec::new();
    let mut failures = Vec::new();
    for block in &blocks {
        let expected = page.get(block.span.clone()).unwrap_or_default();
        let found = match stage.show(block, expected, &page).await {
            Ok(None) => continue,
            Ok(Some(found)) => found,
            Err(error) => {
                failures.push(format!("{}:{} on {store:?}: {error:#}", path.display(), block.line));
                if stage.server.is_none() {
                    // What does not compile is said once.
                    break;
                }
                continue;
            }
        };
        if found != expected {
            let difference = golden::difference(expected, &found);
            failures.push(format!("{}:{} on {store:?}: differs\n{difference}", path.display(), block.line));
            changes.push((block.span.clone(), found));
        }
    }
    if golden::blessing() && store == Store::Sqlite && failures.len() == changes.len() {
        std::fs::write(path, markdown::replace(&page, &changes))?;
        return Ok(stage.came);
    }
    for came in stage.came.iter().filter(|came| !before.is_empty() && !before.contains(came)) {
        let Came { request, body } = came;
        failures.push(format!("{}: other bytes on {store:?}\n{request}\n---\n{body}", path.display()));
    }
    if failures.is_empty() { Ok(stage.came) } else { bail!("{}", failures.join("\n")) }
}

/// Whether the last words before the block say so.
fn is_sqlite_only(page: &str, block: &Block) -> bool {
    let before = page.get(..block.span.start).unwrap_or_default();
    let mut lines = before.lines().rev().skip_while(|line| line.starts_with("```") || line.trim().is_empty());
    lines.next().is_some_and(|line| line.starts_with("<!-- SQLite only: "))
}

/// The page's source files in a folder of their own; a page without `metac.yaml` is the package `shop`.
fn write_package(page: &str, blocks: &[Block]) -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("athyper-case-").tempdir()?;
    std::fs::write(folder.path().join("metac.yaml"), "package: shop\nedition: 2026\n")?;
    for block in blocks.iter().filter(|block| block.language == "yaml") {
        let target = folder.path().join(&block.rest);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(target, page.get(block.span.clone()).unwrap_or_default())?;
    }
    Ok(folder)
}

/// What came back for a request, byte for byte but for what differs from run to run.
#[derive(Clone, PartialEq, Eq)]
struct Came {
    request: String,
    body: String,
}

/// The page's package on its way: written, then compiled, then served.
struct Stage<'a> {
    store: Store,
    package: &'a Path,
    server: Option<Server>,
    names: Names,
    /// How much of the server's log was written before the last request.
    read: usize,
    came: Vec<Came>,
}

impl Stage<'_> {
    /// What the programs say where the page has `block`; nothing for blocks that expect nothing.
    async fn show(&mut self, block: &Block, expected: &str, page: &str) -> anyhow::Result<Option<String>> {
        Ok(match block.language.as_str() {
            "error" => Some(self.errors()?),
            "json" => Some(self.json(&block.rest, page)?),
            "sql" => Some(self.sql(&block.rest, page)?),
            "http" => Some(self.http(expected, page).await?),
            "plan" => Some(self.plan(page).await?),
            _ => None,
        })
    }

    fn errors(&self) -> anyhow::Result<String> {
        let output = programs::metac()?.arg("check").current_dir(self.package).output()?;
        Ok(String::from_utf8(output.stderr)?)
    }

    /// The server of this page, started at its first use with every tenant that the page names.
    fn server(&mut self, page: &str) -> anyhow::Result<&Server> {
        if self.server.is_none() {
            let tenants: BTreeSet<&str> = markdown::blocks(page)
                .iter()
                .filter(|block| block.language == "http")
                .filter_map(|block| page.get(block.span.clone())?.lines().next()?.rsplit_once('@'))
                .filter_map(|(_, tenant)| tenant.split(' ').next())
                .collect();
            let tenants: Vec<&str> = tenants.into_iter().collect();
            let mut server = Server::prepare_on(self.store, self.package, &tenants)?;
            let settings: String = markdown::blocks(page)
                .iter()
                .filter(|block| block.language == "toml")
                .filter_map(|block| page.get(block.span.clone()))
                .collect();
            let config = self.package.join("athyper.toml");
            std::fs::write(&config, settings)?;
            server.serve_through(|mut command| {
                command.envs(plan::SETTINGS).arg("--config").arg(&config);
                command
            })?;
            self.server = Some(server);
        }
        self.server.as_ref().context("no server")
    }

    fn json(&mut self, rest: &str, page: &str) -> anyhow::Result<String> {
        let (file, pointer) = rest.split_once(' ').unwrap_or((rest, ""));
        let path = self.server(page)?.build().join(file);
        let text = std::fs::read_to_string(&path).with_context(|| format!("the build has no `{file}`"))?;
        let value: Value = serde_json::from_str(&text)?;
        let part = value.pointer(pointer).with_context(|| format!("`{file}` has nothing at `{pointer}`"))?;
        Ok(format!("{part:#}\n"))
    }

    fn sql(&mut self, rest: &str, page: &str) -> anyhow::Result<String> {
        let (dialect, table) = rest.split_once(' ').context("say `sql DIALECT TABLE`")?;
        let path = self.server(page)?.build().join("sql").join(dialect).join("schema.sql");
        let text = std::fs::read_to_string(path)?;
        let about = [format!("CREATE TABLE \"{table}\""), format!(" ON \"{table}\" (")];
        let statements = text.split_inclusive(";\n").map(without_comments);
        Ok(statements.filter(|statement| about.iter().any(|words| statement.contains(words))).collect())
    }

    async fn plan(&mut self, page: &str) -> anyhow::Result<String> {
        let before = self.read;
        let server = self.server(page)?;
        let log = server.log()?;
        plan::show(log.get(before..).unwrap_or_default(), Path::new(server.database())).await
    }

    async fn http(&mut self, block: &str, page: &str) -> anyhow::Result<String> {
        let request = block.split("\n---\n").next().unwrap_or_default().trim_end().to_owned();
        let sent = self.names.expand(&request);
        let (head, body) = sent.split_once("\n\n").unwrap_or((&sent, ""));
        let mut lines = head.lines();
        let first = lines.next().context("an empty request")?;
        let (target, who) = match first.rsplit_once(" as ") {
            Some((target, who)) => (target, Some(who.trim())),
            None => (first, None),
        };
        let (method, path) = target.split_once(' ').context("say `METHOD PATH as ROLE@TENANT`")?;
        let server = self.server(page)?;
        let mut url = Url::parse(server.base())?.join(path.trim())?;
        let mut headers = HeaderMap::new();
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for line in lines {
            if let Some(query) = line.strip_prefix('?') {
                let (name, value) = query.split_once(" = ").context("say `? NAME = VALUE`")?;
                url.query_pairs_mut().append_pair(name.trim(), value.trim());
            } else {
                let (name, value) = line.split_once(": ").context("say `Name: value`")?;
                headers.insert(name.parse::<HeaderName>()?, value.parse()?);
            }
        }
        let call = server.request(method.parse()?, url, who)?.headers(headers).body(body.to_owned());
        let read = server.log()?.len();
        self.read = read;
        let (answer, body) = self.answer(call.send().await?).await?;
        self.came.push(Came { request: request.clone(), body });
        Ok(format!("{request}\n---\n{answer}"))
    }

    /// Status, shown headers and body, then the body as it came, with names for what differs from run to run.
    async fn answer(&mut self, response: reqwest::Response) -> anyhow::Result<(String, String)> {
        let mut out = format!("{}\n", response.status());
        for name in SHOWN {
            if let Some(value) = response.headers().get(*name) {
                out.push_str(&format!("{name}: {}\n", value.to_str()?));
            }
        }
        let text = response.text().await?;
        if !text.is_empty() {
            out.push('\n');
            match serde_json::from_str::<Value>(&text) {
                Ok(mut value) => {
                    if let Some(problem) = value.as_object_mut() {
                        problem.remove("instance");
                    }
                    out.push_str(&format!("{value:#}\n"));
                }
                Err(_) => out.push_str(&text),
            }
        }
        if !out.ends_with('\n') {
            out.push('\n');
        }
        let base = self.server.as_ref().map(Server::base).unwrap_or_default();
        let shown = self.names.collapse(&out.replace(base, ""));
        Ok((shown, self.names.as_it_came(&text.replace(base, ""))))
    }
}

/// A statement without the comment lines before it.
fn without_comments(statement: &str) -> String {
    statement
        .lines()
        .filter(|line| !line.starts_with("--") && !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect()
}
