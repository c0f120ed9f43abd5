//! What a database can judge and compute by itself: expressions over the columns of one row, made of operators
//! that mean the same in every dialect and need no clock, no caller and no other row. `lower` asks whether it
//! can, `emit` how. Knows the Bundle and the expression language, nothing else.

use athyper_expr::sql::{Column, Constants, Identifier, Lowering, Row, Source, SqlText, Table};
use athyper_schemas::bundle::{Entity, Field};
use athyper_schemas::dialect::Dialect;
use athyper_schemas::field_types::Storage;
use athyper_schemas::ir::{Expr, FieldAccess, Node, Op};

/// Guards against overflow repeat their operands. A value longer than this costs the database more than it saves
/// the runtime, and nobody would read it.
const LONGEST_VALUE: usize = 300;

/// What stands in a CHECK that refuses exactly the rows for which `condition` is definitely false.
pub(crate) fn check(entity: &Entity, condition: &Expr, dialect: Dialect) -> Option<SqlText> {
    if !is_of_row(entity, &condition.root, Computed::Allowed) {
        return None;
    }
    let source = RowOf(entity);
    let mut lowering = Lowering::new(&source, dialect, Constants::Inline);
    lowering.check(&condition.root, &Row::bare(&entity.name)).ok().flatten()
}

/// What stands in a generated column that holds `value`. It may not read other generated columns.
pub(crate) fn value(entity: &Entity, value: &Expr, dialect: Dialect) -> Option<SqlText> {
    if !is_of_row(entity, &value.root, Computed::Refused) {
        return None;
    }
    let source = RowOf(entity);
    let mut lowering = Lowering::new(&source, dialect, Constants::Inline);
    let text = lowering.value(&value.root, &Row::bare(&entity.name)).ok()?;
    (text.len() <= LONGEST_VALUE).then_some(text)
}

/// Whether computed columns may be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Computed {
    Allowed,
    Refused,
}

fn is_of_row(entity: &Entity, node: &Node, computed: Computed) -> bool {
    let all = |nodes: &[Node]| nodes.iter().all(|node| is_of_row(entity, node, computed));
    match node {
        Node::Literal(_) => true,
        Node::Field(access) => is_column(entity, access, computed),
        Node::List(items) => all(items),
        Node::Call(call) => is_portable(call.op) && all(&call.args),
        Node::If(choice) => [&choice.condition, &choice.then, &choice.otherwise]
            .iter()
            .all(|node| is_of_row(entity, node, computed)),
        _ => false,
    }
}

fn is_column(entity: &Entity, access: &FieldAccess, computed: Computed) -> bool {
    let plain = |field: &Field| {
        let scalar = !matches!(field.ty.storage(), Storage::Json | Storage::Children) && !field.ty.is_ref();
        scalar && field.column.is_some() && (computed == Computed::Allowed || field.computed.is_none())
    };
    access.of == Node::This && entity.field(&access.name).is_some_and(plain)
}

/// Operators whose SQL is plain in every dialect and immutable in PostgreSQL's eyes.
fn is_portable(op: Op) -> bool {
    matches!(
        op,
        Op::And
            | Op::Or
            | Op::Not
            | Op::Eq
            | Op::Ne
            | Op::Lt
            | Op::Le
            | Op::Gt
            | Op::Ge
            | Op::In
            | Op::Has
            | Op::Coalesce
            | Op::NegInt
            | Op::AddInt
            | Op::SubInt
            | Op::MulInt
            | Op::NegDecimal
            | Op::AddDecimal(_)
            | Op::SubDecimal(_)
            | Op::MulDecimal(_)
            | Op::Rescale { .. }
            | Op::IntToDecimal(_)
            | Op::TextSize
    )
}

/// The columns of the one row in sight.
struct RowOf<'e>(&'e Entity);

impl Source for RowOf<'_> {
    fn table(&self, _: &str) -> Option<Table> {
        None
    }

    fn column(&self, entity: &str, field: &str) -> Option<Column<'_>> {
        let field = self.0.field(field).filter(|_| entity == self.0.name)?;
        let name = Identifier::new(field.column.as_deref()?).ok()?;
        Some(Column::Plain { name, nullable: !field.required })
    }
}
