//! What is constant while one request is decided: the principal and the clock.

use athyper_expr::Value;
use athyper_expr::eval::{Context, Layout, Place, Program};
use athyper_expr::sql::session;
use athyper_schemas::ir::Node;
use smol_str::SmolStr;

use crate::catalog::Catalog;
use crate::who::Principal;

const DAY_US: i64 = 86_400_000_000;

/// The principal and the clock of one request.
#[derive(Debug, Clone)]
pub struct Moment {
    principal: Principal,
    now_us: i64,
    today: i32,
}

/// A part of an expression that looks at no record, compiled.
#[derive(Debug, Clone)]
pub struct Constant(Option<Program>);

impl Constant {
    /// Compiles `node`, which may look at callers of `catalog` and at the clock.
    #[must_use]
    pub fn of(node: &Node, catalog: &Catalog) -> Self {
        Self(Program::compile_node(node, &NoRecord(catalog)).ok())
    }
}

impl Moment {
    /// For `principal`, at `now_us` microseconds since 1970.
    #[must_use]
    pub fn of(principal: &Principal, now_us: i64) -> Self {
        let today = i32::try_from(now_us.div_euclid(DAY_US)).unwrap_or(0);
        Self { principal: principal.clone(), now_us, today }
    }

    /// Who asks, as a session of PostgreSQL is told.
    #[must_use]
    pub fn caller(&self, catalog: &Catalog) -> String {
        let capacity = self.principal.capacity();
        let names = catalog.attributes().iter().map(|attribute| attribute.name.as_str());
        let roles = capacity.roles.iter().map(SmolStr::as_str);
        session::caller(capacity.standing.name(), roles, names.zip(self.principal.attributes()))
    }

    /// When, in RFC 3339.
    #[must_use]
    pub fn now(&self) -> String {
        Value::Datetime(self.now_us).to_storage_text().unwrap_or_default()
    }

    /// The value of a constant.
    #[must_use]
    pub fn value(&self, constant: &Constant) -> Option<Value> {
        let user = self.principal.attributes();
        let context = Context { this: &[], old: None, user, now_us: self.now_us, today: self.today };
        constant.0.as_ref()?.evaluate(&context).ok()
    }
}

struct NoRecord<'c>(&'c Catalog);

impl Layout for NoRecord<'_> {
    fn field(&self, _entity: &str, _field: &str) -> Option<Place<'_>> {
        None
    }

    fn attribute(&self, name: &str) -> Option<usize> {
        self.0.attributes().iter().position(|attribute| attribute.name == name)
    }
}
