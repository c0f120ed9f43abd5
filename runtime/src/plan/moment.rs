//! What is constant while one request is decided: the principal and the clock.

use athyper_expr::Value;
use athyper_expr::eval::{Context, Layout, Place, Program};
use athyper_schemas::ir::Node;

use crate::who::Principal;

/// The attributes of the principal that a filter may use, in the order of the values.
pub(super) const ATTRIBUTES: [&str; 3] = ["id", "email", "roles"];

const DAY_US: i64 = 86_400_000_000;

/// The principal and the clock of one request.
#[derive(Debug, Clone)]
pub struct Moment {
    user: Vec<Value>,
    now_us: i64,
    today: i32,
}

impl Moment {
    /// For `principal`, at `now_us` microseconds since 1970.
    #[must_use]
    pub fn of(principal: &Principal, now_us: i64) -> Self {
        let email = principal.claims().get("email").and_then(serde_json::Value::as_str);
        let roles = principal.roles().iter().map(|role| Value::text(role)).collect();
        let user = vec![
            Value::text(principal.subject()),
            email.map_or(Value::Null, Value::text),
            Value::list(roles),
        ];
        Self { user, now_us, today: i32::try_from(now_us.div_euclid(DAY_US)).unwrap_or(0) }
    }

    /// The value of a part of an expression that looks at no record.
    #[must_use]
    pub fn value(&self, node: &Node) -> Option<Value> {
        let program = Program::compile_node(node, &NoRecord).ok()?;
        let context =
            Context { this: &[], old: None, user: &self.user, now_us: self.now_us, today: self.today };
        program.evaluate(&context).ok()
    }
}

struct NoRecord;

impl Layout for NoRecord {
    fn field(&self, _entity: &str, _field: &str) -> Option<Place<'_>> {
        None
    }

    fn attribute(&self, name: &str) -> Option<usize> {
        ATTRIBUTES.iter().position(|known| *known == name)
    }
}
