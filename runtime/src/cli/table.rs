//! What `import` and `export` share: the build, the tenant and the identity they act under.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use athyper_expr::Value;
use athyper_policy::Standing;
use athyper_schemas::bundle::UserAttribute;
use clap::Args;
use smol_str::SmolStr;

use super::setup::{self, Setup};
use super::{Code, Failure};
use crate::catalog::{Build, Catalog, EntityId};
use crate::config::Config;
use crate::db::Db;
use crate::db::migrate::{self, Status};
use crate::problem::Problem;
use crate::request::suggest::nearest;
use crate::request::table::Mapping;
use crate::tenants;
use crate::who::{Capacity, Principal, Scope};

/// Whose records, and who acts.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The tenant's name
    #[arg(long)]
    tenant: String,
    /// The folder that `metac compile` wrote
    #[arg(long, value_name = "DIR", default_value = "build")]
    build: PathBuf,
    /// Who is noted as the writer
    #[arg(long = "as", value_name = "SUBJECT", default_value = "operator")]
    subject: String,
    /// Act with this role only; may be given several times. Without it: with every role of the model
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// An attribute of `user` in the model, such as `region=EU`; may be given several times
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = pair)]
    attributes: Vec<(String, String)>,
    #[command(flatten)]
    setup: Setup,
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("has no `=`; write NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

/// What the columns of a file are.
#[derive(Debug, Args)]
pub(super) struct Columns {
    /// A column and the field it is, such as `AlbumId=code`; may be given several times
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    named: Vec<String>,
    /// A column to leave alone; may be given several times
    #[arg(long = "ignore-column", value_name = "COLUMN")]
    ignored: Vec<String>,
}

/// A place that was opened.
pub(super) struct Opened {
    pub config: Config,
    pub db: Db,
    pub scope: Scope,
    pub principal: Principal,
}

impl Place {
    pub(super) async fn open(&self) -> Result<Opened, Failure> {
        let config = self.setup.config()?;
        let build = setup::load(&self.build, &config)?;
        let db = setup::open_migrated(&config).await?;
        self.fits(&db, &build).await?;
        let tenant = tenants::find(&db, &self.tenant).await.map_err(|e| Failure::new(Code::Refused, e))?;
        let catalog = build.catalog();
        let capacity = Capacity { standing: Standing::System, roles: self.roles(catalog)? };
        let attributes = self.attributes(catalog, &capacity)?;
        let principal = Principal::verified(tenant, &self.subject, capacity, attributes);
        let scope = Scope::of(&principal, Arc::clone(catalog));
        Ok(Opened { config, db, scope, principal })
    }

    fn roles(&self, catalog: &Catalog) -> Result<BTreeSet<SmolStr>, Failure> {
        let known = catalog.roles();
        for role in &self.roles {
            if !known.contains(role.as_str()) {
                let names: Vec<_> = known.iter().map(|r| format!("`{r}`")).collect();
                let message = format!("no rule speaks to the role `{role}`; there are {}", names.join(", "));
                return Err(Failure::new(Code::Usage, message));
            }
        }
        Ok(if self.roles.is_empty() { known } else { self.roles.iter().map(SmolStr::new).collect() })
    }

    /// What the model has to know of whoever acts, as a token would say it.
    fn attributes(&self, catalog: &Catalog, capacity: &Capacity) -> Result<Vec<Value>, Failure> {
        let usage = |message: String| Failure::new(Code::Usage, message);
        for (name, _) in &self.attributes {
            if !catalog.attributes().iter().any(|attribute| attribute.name == *name) {
                let names: Vec<_> = catalog.attributes().iter().map(|a| format!("`{}`", a.name)).collect();
                let message = format!("the model knows no `user.{name}`; there are {}", names.join(", "));
                return Err(usage(message));
            }
        }
        let value = |attribute: &UserAttribute| {
            let name = attribute.name.as_str();
            match (name, self.attributes.iter().find(|(known, _)| known == name)) {
                ("roles", _) => {
                    Ok(Value::list(capacity.roles.iter().map(|role| Value::text(role)).collect()))
                }
                (_, Some((_, text))) => Value::from_plain(&attribute.ty.kind, text)
                    .map_err(|error| usage(format!("`--attribute {name}=...`: {error}"))),
                ("id", None) => Value::from_plain(&attribute.ty.kind, &self.subject)
                    .map_err(|error| usage(format!("`--as`: {error}"))),
                (_, None) if attribute.ty.nullable => Ok(Value::Null),
                (_, None) => Err(usage(format!(
                    "the model knows `user.{name}` of everybody; say it with `--attribute {name}=VALUE`"
                ))),
            }
        };
        catalog.attributes().iter().map(value).collect()
    }

    async fn fits(&self, db: &Db, build: &Build) -> Result<(), Failure> {
        match migrate::status(db, build).await.map_err(setup::migration)? {
            Status::Differs { objects } => Err(setup::migration(migrate::MigrateError::Differs { objects })),
            Status::Current | Status::Behind | Status::Empty => Ok(()),
        }
    }
}

impl Opened {
    /// The entity with this name, short or qualified, owned children included.
    pub(super) fn entity(&self, name: &str) -> Result<EntityId, Failure> {
        let catalog = self.scope.catalog();
        let found = catalog
            .entities()
            .iter()
            .find(|e| e.name() == name || e.def().url == name || e.name().rsplit('.').next() == Some(name));
        found.map(|e| e.id()).ok_or_else(|| {
            let names: Vec<&str> = catalog.entities().iter().map(|e| e.def().url.as_str()).collect();
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names.join(", ")),
            };
            Failure::new(Code::Usage, format!("there is no entity `{name}`; {hint}"))
        })
    }
}

impl Columns {
    /// What is said about the columns of the file, and of one beside it about those that begin with its name.
    pub(super) fn mapping(&self, beside: &[&str]) -> Result<(Mapping, Vec<Mapping>), Failure> {
        let mut all = self.whole()?;
        let mut others = Vec::with_capacity(beside.len());
        for name in beside {
            let of = |column: &str| column.strip_prefix(name)?.strip_prefix('.').map(str::to_owned);
            let mut mapping = Mapping::default();
            all.named.retain(|(column, field)| match of(column) {
                Some(column) => {
                    mapping.named.push((column, field.clone()));
                    false
                }
                None => true,
            });
            all.ignored.retain(|column| match of(column) {
                Some(column) => {
                    mapping.ignored.push(column);
                    false
                }
                None => true,
            });
            others.push(mapping);
        }
        Ok((all, others))
    }

    fn whole(&self) -> Result<Mapping, Failure> {
        let mut named = Vec::with_capacity(self.named.len());
        for pair in &self.named {
            let Some((column, field)) = pair.split_once('=') else {
                return Err(Failure::new(
                    Code::Usage,
                    format!("`--map {pair}` has no `=`; write COLUMN=FIELD"),
                ));
            };
            named.push((column.trim().to_owned(), field.trim().to_owned()));
        }
        Ok(Mapping { named, ignored: self.ignored.clone(), unguarded: false })
    }
}

/// So many rows, in words.
pub(super) fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// What a problem means for the exit code.
pub(super) fn refused(problem: &Problem) -> Failure {
    let code = match problem.kind().status() {
        403 | 404 => Code::Refused,
        500.. => Code::Outside,
        _ => Code::Findings,
    };
    Failure::new(code, problem)
}
