//! What the evaluator promises beyond agreeing with SQL: Kleene logic, null apart from unknown, the paths to
//! load, and a bounded cost.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use athyper_expr::Value;
use athyper_expr::eval::{Context, Exhausted, Layout, Place, Program, Unfit};
use athyper_expr::ir::{
    Attribute, Call, Choice, Expr, FieldAccess, Fold, FoldKind, Kind, Literal, Node, Op, Ty,
};
use uuid::Uuid;

/// `Order { id, supplier: Supplier, lines: list(Line), quantity: int, note: text, double }`,
/// `Supplier { id, name, group: Group }`, `Group { id, name }`, `Line { id, product: Supplier, quantity }`.
struct Shop {
    double: Expr,
}

const ORDER: [&str; 5] = ["id", "supplier", "lines", "quantity", "note"];

impl Layout for Shop {
    fn field(&self, entity: &str, field: &str) -> Option<Place<'_>> {
        let fields: &[&str] = match entity {
            "Order" if field == "double" => return Some(Place::Computed(&self.double)),
            "Order" => &ORDER,
            "Supplier" => &["id", "name", "group"],
            "Group" => &["id", "name"],
            "Line" => &["id", "product", "quantity"],
            _ => return None,
        };
        fields.iter().position(|name| *name == field).map(Place::Index)
    }

    fn attribute(&self, name: &str) -> Option<usize> {
        (name == "id").then_some(0)
    }
}

fn shop() -> Shop {
    let root = call(Op::MulInt, vec![order("quantity", Kind::Int), int(2)]);
    Shop { double: Expr { source: String::new(), ty: Ty { kind: Kind::Int, nullable: true }, root } }
}

fn field(of: Node, entity: &str, name: &str, kind: Kind) -> Node {
    let ty = Ty { kind, nullable: true };
    Node::Field(Box::new(FieldAccess { of, entity: entity.into(), name: name.into(), ty }))
}

fn order(name: &str, kind: Kind) -> Node {
    field(Node::This, "Order", name, kind)
}

fn record(entity: &str) -> Kind {
    Kind::Record(entity.into())
}

fn lines() -> Node {
    order("lines", Kind::List(Box::new(Ty { kind: record("Line"), nullable: false })))
}

fn call(op: Op, args: Vec<Node>) -> Node {
    Node::Call(Call { op, args })
}

fn int(value: i64) -> Node {
    Node::Literal(Literal::Int(value.to_string()))
}

fn text(value: &str) -> Node {
    Node::Literal(Literal::Text(value.into()))
}

fn null() -> Node {
    Node::Literal(Literal::Null)
}

fn fold(kind: FoldKind, variable: u8, list: Node, body: Node) -> Node {
    Node::Fold(Box::new(Fold { kind, variable, list, body }))
}

fn a_record() -> Vec<Value> {
    let line = |id: u128, quantity: Value| {
        Value::record(vec![Value::Uuid(Uuid::from_u128(id)), Value::Uuid(Uuid::from_u128(9)), quantity])
    };
    vec![
        Value::Uuid(Uuid::from_u128(1)),
        Value::Null,
        Value::list(vec![line(2, Value::Int(5)), line(3, Value::Null)]),
        Value::Int(21),
        Value::Null,
    ]
}

fn judge(node: &Node) -> Option<bool> {
    let this = a_record();
    let context = Context { this: &this, user: &[Value::text("ann")], ..Context::EMPTY };
    Program::compile_node(node, &shop()).unwrap().judge(&context).unwrap()
}

fn evaluate(node: &Node) -> Value {
    let this = a_record();
    let context = Context { this: &this, ..Context::EMPTY };
    Program::compile_node(node, &shop()).unwrap().evaluate(&context).unwrap()
}

#[test]
fn logic_is_kleenes_whatever_the_order() {
    let values =
        [(Some(true), Literal::Bool(true)), (Some(false), Literal::Bool(false)), (None, Literal::Null)];
    for (a, left) in &values {
        for (b, right) in &values {
            let args = vec![Node::Literal(left.clone()), Node::Literal(right.clone())];
            let and = if *a == Some(false) || *b == Some(false) { Some(false) } else { a.and(*b) };
            let or = if *a == Some(true) || *b == Some(true) { Some(true) } else { a.and(*b) };
            assert_eq!(judge(&call(Op::And, args.clone())), and, "{a:?} && {b:?}");
            assert_eq!(judge(&call(Op::Or, args)), or, "{a:?} || {b:?}");
        }
    }
}

#[test]
fn null_equals_null_but_unknown_equals_nothing() {
    let note = || order("note", Kind::Text);
    let supplier = || order("supplier", record("Supplier"));
    let name = || field(supplier(), "Supplier", "name", Kind::Text);
    assert_eq!(judge(&call(Op::Eq, vec![note(), null()])), Some(true));
    assert_eq!(judge(&call(Op::Ne, vec![note(), text("x")])), Some(true));
    assert_eq!(judge(&call(Op::Eq, vec![supplier(), null()])), Some(true));
    assert_eq!(judge(&call(Op::Eq, vec![name(), null()])), None, "the supplier is absent");
    assert_eq!(judge(&call(Op::Has, vec![name()])), Some(false));
    assert_eq!(evaluate(&call(Op::Coalesce, vec![name(), text("none")])), Value::text("none"));
    let overflow = call(Op::AddInt, vec![int(i64::MAX), int(1)]);
    assert_eq!(judge(&call(Op::Ne, vec![overflow, int(0)])), None);
    assert_eq!(judge(&call(Op::Lt, vec![note(), text("x")])), None);
}

#[test]
fn an_unknown_condition_makes_a_choice_and_a_filter_unknown() {
    let unknown = || call(Op::Lt, vec![order("note", Kind::Text), text("x")]);
    let choice = Node::If(Box::new(Choice { condition: unknown(), then: int(1), otherwise: int(1) }));
    assert_eq!(judge(&call(Op::Eq, vec![choice, int(1)])), None);
    let quantity = || field(Node::Bound(0), "Line", "quantity", Kind::Int);
    let large = call(Op::Gt, vec![quantity(), int(1)]);
    let filtered = call(Op::ListSize, vec![fold(FoldKind::Filter, 0, lines(), large.clone())]);
    assert_eq!(judge(&call(Op::Le, vec![filtered, int(2)])), None);
    assert_eq!(judge(&fold(FoldKind::Exists, 0, lines(), large.clone())), Some(true));
    assert_eq!(judge(&fold(FoldKind::All, 0, lines(), large.clone())), None);
    assert_eq!(judge(&fold(FoldKind::ExistsOne, 0, lines(), large)), None);
    let sum = call(Op::SumInt, vec![fold(FoldKind::Map, 0, lines(), quantity())]);
    assert_eq!(evaluate(&sum), Value::Null);
}

#[test]
fn a_field_computed_by_reads_is_computed_where_it_is_used() {
    assert_eq!(evaluate(&order("double", Kind::Int)), Value::Int(42));
}

#[test]
fn paths_name_what_must_be_loaded_and_no_more() {
    let supplier = || order("supplier", record("Supplier"));
    let group = field(supplier(), "Supplier", "group", record("Group"));
    let product = field(Node::Bound(0), "Line", "product", record("Supplier"));
    let named = |of, entity| call(Op::Eq, vec![field(of, entity, "name", Kind::Text), text("x")]);
    let paths = |node: &Node| -> Vec<String> {
        Program::compile_node(node, &shop()).unwrap().paths().iter().map(|p| p.join(".")).collect()
    };
    assert_eq!(paths(&call(Op::Eq, vec![field(supplier(), "Supplier", "id", Kind::Uuid), null()])), [""; 0]);
    assert_eq!(paths(&named(group, "Group")), ["supplier", "supplier.group"]);
    let over_lines = fold(FoldKind::Exists, 0, lines(), named(product, "Supplier"));
    assert_eq!(paths(&over_lines), ["lines", "lines.product"]);
    let with_reference = call(Op::And, vec![named(supplier(), "Supplier"), over_lines]);
    assert_eq!(paths(&with_reference), ["lines", "lines.product", "supplier"]);
    assert_eq!(paths(&call(Op::ListSize, vec![lines()])), ["lines"]);
}

#[test]
fn an_expression_that_costs_too_much_is_stopped() {
    let many = |variable, body| fold(FoldKind::All, variable, Node::List((0..101).map(int).collect()), body);
    let node = many(0, many(1, many(2, many(3, Node::Literal(Literal::Bool(true))))));
    let program = Program::compile_node(&node, &shop()).unwrap();
    assert_eq!(program.judge(&Context::EMPTY), Err(Exhausted));
    let mut node = text("aaaaaaaaaaaaaaaa");
    for _ in 0..20 {
        node = call(Op::Replace, vec![node, text("a"), text("aaaaaaaaaaaaaaaa")]);
    }
    let program = Program::compile_node(&node, &shop()).unwrap();
    assert_eq!(program.evaluate(&Context::EMPTY), Err(Exhausted));
}

#[test]
fn what_does_not_fit_the_layout_is_refused() {
    let compile = |node: Node| Program::compile_node(&node, &shop()).unwrap_err();
    assert_eq!(compile(order("colour", Kind::Text)).to_string(), "entity `Order` has no field `colour`");
    let region = Attribute { name: "region".into(), ty: Ty { kind: Kind::Text, nullable: true } };
    assert_eq!(compile(Node::User(region)), Unfit::Attribute("region".into()));
    assert_eq!(compile(Node::Bound(0)), Unfit::Variable(0));
    assert_eq!(
        compile(Node::Literal(Literal::Int("1.5".into()))).to_string(),
        r#"malformed literal: Int("1.5")"#
    );
    assert!(matches!(compile(call(Op::Not, vec![])), Unfit::Arguments(Op::Not, 0)));
    let bad = call(Op::Matches, vec![text("x"), text("(")]);
    assert_eq!(compile(bad), Unfit::Pattern("(".into()));
    let mut deep = int(1);
    for _ in 0..300 {
        deep = call(Op::NegInt, vec![deep]);
    }
    assert_eq!(compile(deep), Unfit::Depth);
}
