//! What must be definitely true of each record: `filter`, `field=value` and `search` as one checked condition.

use athyper_expr::check::{Expected, compile};
use athyper_expr::problem::ProblemKind;
use athyper_expr::value::Value;
use athyper_schemas::field_types::Operators;
use athyper_schemas::ir::{Call, FieldAccess, Kind, Literal, Node, Op, Ty};

use super::cost::cost;
use super::names::{self, Wrong};
use super::vocabulary::{Vocabulary, type_of};
use crate::catalog::Field;
use crate::config::Limits;
use crate::policy::Access;
use crate::request::query::{Condition, Mistakes, OF_A_LIST, Query};
use crate::request::suggest::nearest;
use crate::value::rules::kind_of;

/// What may stand behind the last dot of a parameter's name.
const OPERATORS: [&str; 10] =
    ["eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "starts_with", "ends_with"];

/// Asks whether there is a value at all.
const NULL: &str = "null";

/// Most words in a search.
const MAX_WORDS: usize = 8;

/// Most values behind `in`.
const MAX_VALUES: usize = 200;

/// Builds the condition; mistakes are noted.
pub(super) fn build(
    access: &Access,
    query: &Query,
    limits: &Limits,
    mistakes: &mut Mistakes,
) -> Option<Node> {
    let mut parts = Vec::new();
    if let Some(filter) = &query.filter {
        parts.extend(expression(access, filter, limits, mistakes));
    }
    for condition in &query.conditions {
        match comparison(access, condition) {
            Ok(node) => parts.push(node),
            Err((code, message)) => mistakes.note(&condition.name, code, message),
        }
    }
    if let Some(words) = &query.search {
        parts.extend(search(access, words, mistakes));
    }
    let all = joined(Op::And, parts)?;
    let cost = cost(&all);
    if cost > limits.filter_cost {
        let message =
            format!("costs {cost}, and at most {} is allowed; ask a simpler question", limits.filter_cost);
        mistakes.note_limit("filter", message);
    }
    Some(all)
}

fn expression(access: &Access, text: &str, limits: &Limits, mistakes: &mut Mistakes) -> Option<Node> {
    if text.len() > limits.filter_bytes {
        mistakes.note_limit("filter", format!("is longer than {} bytes", limits.filter_bytes));
        return None;
    }
    match compile(text, &Vocabulary(access), &Expected::Condition) {
        Ok(checked) => Some(checked.expr.root),
        Err(problems) => {
            for problem in problems {
                let told = masked(access, &problem.kind);
                let (code, said) = told.unwrap_or_else(|| (problem.slug(), problem.to_string()));
                let start = usize::try_from(problem.span.start).unwrap_or(usize::MAX);
                let before = text.get(..start).unwrap_or(text);
                let at = before.chars().count() + 1;
                mistakes.note("filter", code, format!("{said} (at character {at})"));
            }
            None
        }
    }
}

/// What is said about a name that would be known if it were not masked.
fn masked(access: &Access, problem: &ProblemKind) -> Option<Wrong> {
    let (access, name) = match problem {
        ProblemKind::UnknownName(name) => (access.clone(), name),
        ProblemKind::UnknownField { entity, field } => (Vocabulary(access).reach(entity)?, field),
        _ => return None,
    };
    names::shown(&access, name).ok().map(|_| names::masked(name))
}

/// A field of the record, or of a record it refers to.
struct Operand {
    node: Node,
    kind: Kind,
    operators: Operators,
    name: String,
}

fn comparison(access: &Access, condition: &Condition) -> Result<Node, Wrong> {
    let (path, operator) = split(access, &condition.name);
    let operand = operand(access, path).map_err(|wrong| hinted(condition, path, wrong))?;
    let text = condition.value.as_str();
    if operator == NULL {
        return match text {
            "true" => Ok(call(Op::Eq, vec![operand.node, Node::Literal(Literal::Null)])),
            "false" => Ok(call(Op::Ne, vec![operand.node, Node::Literal(Literal::Null)])),
            _ => Err(("not_a_value", "must be `true` or `false`".to_owned())),
        };
    }
    let op = operator_of(&operand, operator)?;
    let right = if op == Op::In { values(access, &operand, text)? } else { value(access, &operand, text)? };
    Ok(call(op, vec![operand.node, right]))
}

/// The path and the operator: a last step that is an operator and no field.
fn split<'n>(access: &Access, name: &'n str) -> (&'n str, &'n str) {
    match name.rsplit_once('.') {
        Some((path, last))
            if (OPERATORS.contains(&last) || last == NULL) && operand(access, name).is_err() =>
        {
            (path, last)
        }
        _ => (name, "eq"),
    }
}

/// A name that is no field may be a misspelt parameter or operator.
fn hinted(condition: &Condition, path: &str, wrong: Wrong) -> Wrong {
    let last = condition.name.rsplit_once('.').map(|(_, last)| last);
    let parameter = nearest(path, OF_A_LIST.iter().copied()).filter(|_| !path.contains('.'));
    let operator = last.and_then(|last| nearest(last, OPERATORS.into_iter().chain([NULL])));
    match (wrong, parameter, operator) {
        (wrong @ ("masked", _), ..) => wrong,
        ((_, message), Some(near), _) if !message.contains("did you mean") => (
            "unknown_parameter",
            format!("{message}, and there is no such parameter; did you mean `{near}`?"),
        ),
        ((code, message), _, Some(near)) if !message.contains("did you mean") => {
            (code, format!("{message}; the nearest operator is `{near}`"))
        }
        (wrong, ..) => wrong,
    }
}

fn operand(access: &Access, path: &str) -> Result<Operand, Wrong> {
    let mut here = access.clone();
    let mut node = Node::This;
    let mut absent = false;
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        let field = names::field(&here, step)?;
        let mut ty = type_of(&here, field);
        absent |= ty.nullable;
        ty.nullable = absent;
        let entity = here.entity().name().to_owned();
        if steps.peek().is_none() {
            return last(field, step, node, entity, ty.nullable);
        }
        let next = names::follow(&here, field)?;
        node = Node::Field(Box::new(FieldAccess { of: node, entity, name: step.to_owned(), ty }));
        here = next;
    }
    Err(("empty", "a name is missing".to_owned()))
}

fn last(field: &Field, step: &str, of: Node, entity: String, nullable: bool) -> Result<Operand, Wrong> {
    if field.children().is_some() {
        let message = format!("`{step}` is a list of records; use `filter` with `exists`, `all` or `size()`");
        return Err(("a_list", message));
    }
    let kind = kind_of(&field.def().ty);
    let ty = Ty { kind: kind.clone(), nullable };
    let node = Node::Field(Box::new(FieldAccess { of, entity, name: step.to_owned(), ty }));
    let operators = match kind {
        Kind::Enum(_) | Kind::Bool | Kind::Uuid => Operators::Equality,
        _ => field.def().ty.facts().operators,
    };
    Ok(Operand { node, kind, operators, name: step.to_owned() })
}

fn operator_of(operand: &Operand, name: &str) -> Result<Op, Wrong> {
    let (op, fits) = match name {
        "ne" => (Op::Ne, operand.has_equality()),
        "in" => (Op::In, operand.has_equality()),
        "lt" => (Op::Lt, operand.has_order()),
        "lte" => (Op::Le, operand.has_order()),
        "gt" => (Op::Gt, operand.has_order()),
        "gte" => (Op::Ge, operand.has_order()),
        "contains" => (Op::Contains, operand.is_text()),
        "starts_with" => (Op::StartsWith, operand.is_text()),
        "ends_with" => (Op::EndsWith, operand.is_text()),
        _ => (Op::Eq, operand.has_equality()),
    };
    if fits {
        Ok(op)
    } else {
        Err(("wrong_operator", format!("`{}` cannot be compared with `{name}`", operand.name)))
    }
}

impl Operand {
    fn is_text(&self) -> bool {
        self.kind == Kind::Text
    }

    fn has_order(&self) -> bool {
        matches!(self.operators, Operators::Ordered | Operators::Text)
    }

    fn has_equality(&self) -> bool {
        self.has_order() || self.operators == Operators::Equality
    }
}

fn value(access: &Access, operand: &Operand, text: &str) -> Result<Node, Wrong> {
    if let Kind::Enum(name) = &operand.kind {
        let values =
            access.scope().catalog().enumeration(name).map(|e| e.values.as_slice()).unwrap_or_default();
        if !values.iter().any(|value| value.name == text) {
            let near = nearest(text, values.iter().map(|v| v.name.as_str()));
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            return Err(("unknown_value", format!("`{text}` is no value of `{}`{hint}", operand.name)));
        }
    }
    let value = Value::from_plain(&operand.kind, text).map_err(|e| ("not_a_value", e.to_string()))?;
    literal(&operand.kind, &value)
        .map(Node::Literal)
        .ok_or_else(|| ("wrong_operator", format!("`{}` can only be compared with `.null`", operand.name)))
}

fn values(access: &Access, operand: &Operand, text: &str) -> Result<Node, Wrong> {
    let pieces = cut(text).ok_or_else(|| ("not_a_value", "a closing `\"` is missing".to_owned()))?;
    if pieces.len() > MAX_VALUES {
        return Err(("too_many", format!("there are more than {MAX_VALUES} values")));
    }
    let nodes = pieces.iter().map(|piece| value(access, operand, piece));
    Ok(Node::List(nodes.collect::<Result<_, _>>()?))
}

/// Cuts at commas. A value in double quotes may hold commas, and a quote when it is doubled.
fn cut(text: &str) -> Option<Vec<String>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let (piece, next) =
                rest.split_once(',').map_or((rest, None), |(piece, next)| (piece, Some(next)));
            pieces.push(piece.to_owned());
            let Some(next) = next else { return Some(pieces) };
            rest = next;
            continue;
        };
        let mut piece = String::new();
        let mut behind = quoted;
        loop {
            let (part, next) = behind.split_once('"')?;
            piece.push_str(part);
            behind = next;
            let Some(doubled) = behind.strip_prefix('"') else { break };
            piece.push('"');
            behind = doubled;
        }
        pieces.push(piece);
        if behind.is_empty() {
            return Some(pieces);
        }
        rest = behind.strip_prefix(',')?;
    }
}

/// Every word must be in one of the search fields, whatever the case of its ASCII letters.
fn search(access: &Access, text: &str, mistakes: &mut Mistakes) -> Option<Node> {
    let fields = &access.entity().def().search;
    let visible = fields.iter().filter_map(|name| operand(access, name).ok().filter(Operand::is_text));
    let nodes: Vec<Node> = visible.map(|found| call(Op::LowerAscii, vec![found.node])).collect();
    if nodes.is_empty() {
        mistakes.note("search", "no_search", "these records have no fields to search in; use `filter`");
        return None;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > MAX_WORDS {
        mistakes.note_limit("search", format!("at most {MAX_WORDS} words are searched"));
        return None;
    }
    let each = words.into_iter().filter_map(|word| {
        let word = Node::Literal(Literal::Text(word.to_ascii_lowercase()));
        joined(
            Op::Or,
            nodes.iter().map(|node| call(Op::Contains, vec![node.clone(), word.clone()])).collect(),
        )
    });
    joined(Op::And, each.collect())
}

fn joined(op: Op, mut parts: Vec<Node>) -> Option<Node> {
    if parts.len() < 2 { parts.pop() } else { Some(call(op, parts)) }
}

fn call(op: Op, args: Vec<Node>) -> Node {
    Node::Call(Call { op, args })
}

/// A value as a constant of an expression.
fn literal(kind: &Kind, value: &Value) -> Option<Literal> {
    Some(match value {
        Value::Bool(value) => Literal::Bool(*value),
        Value::Int(value) => Literal::Int(value.to_string()),
        Value::Decimal(value) => Literal::Decimal { units: value.units().to_string(), scale: value.scale() },
        Value::Text(text) => match kind {
            Kind::Enum(of) => Literal::Enum { of: of.clone(), value: text.to_string() },
            _ => Literal::Text(text.to_string()),
        },
        Value::Date(_) => Literal::Date(value.to_storage_text()?),
        Value::Time(_) => Literal::Time(value.to_storage_text()?),
        Value::Datetime(_) => Literal::Datetime(value.to_storage_text()?),
        Value::Duration(value) => Literal::Duration(value.to_string()),
        Value::Uuid(_) => Literal::Uuid(value.to_storage_text()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn values_are_cut_at_commas_outside_quotes() {
        assert_eq!(cut("a,b"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(cut(""), Some(vec![String::new()]));
        assert_eq!(cut("\"a,\"\"b\"\"\",c,"), Some(vec!["a,\"b\"".into(), "c".into(), String::new()]));
        assert_eq!(cut("\"a"), None);
        assert_eq!(cut("\"a\"b"), None);
    }
}
