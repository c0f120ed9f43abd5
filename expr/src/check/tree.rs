//! The walk over the tree: names, fields, lists and conditionals. Operators and calls have files of their own.

use athyper_schemas::ir::{self, Attribute, Choice, FieldAccess, Kind, Literal, Node, Ty};

use super::typed::Typed;
use super::{Checked, Expected, Ingredient, Scope, convert, foreign, limits, narrow, nearest, type_name};
use crate::ast::{Expr, ExprKind, Ident, Span};
use crate::problem::{Problem, ProblemKind};

/// The state of one walk.
pub(super) struct Checker<'s> {
    pub scope: &'s dyn Scope,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
    /// The variables of the enclosing quantifiers, outermost first.
    pub bound: Vec<Bound>,
    /// Paths known not to be null at this place.
    known: Vec<String>,
    /// Whether an unknown answer deserves a warning.
    pub condition: bool,
}

/// The variable of an enclosing quantifier.
pub(super) struct Bound {
    pub name: String,
    pub ty: Ty,
    /// Whether it may be unknown, and then because of what.
    pub unknown: Option<String>,
}

pub(super) fn run(
    expr: &Expr,
    source: &str,
    scope: &dyn Scope,
    expected: &Expected,
) -> Result<Checked, Vec<Problem>> {
    let condition = *expected == Expected::Condition;
    let mut checker = Checker {
        scope,
        problems: Vec::new(),
        warnings: Vec::new(),
        bound: Vec::new(),
        known: Vec::new(),
        condition,
    };
    let typed = checker.expr(expr).and_then(|typed| checker.fit(typed, expr, expected));
    if let Some(typed) = &typed
        && let Some(kind) = limits::exceeded(&typed.node)
    {
        checker.problems.push(Problem::new(expr.span.clone(), kind));
    }
    match typed {
        Some(typed) if checker.problems.is_empty() => {
            checker.warnings.sort_by_key(|p| (p.span.start, p.span.end));
            let expr = ir::Expr { source: source.to_owned(), ty: typed.ty(), root: typed.node };
            Ok(Checked { expr, warnings: checker.warnings })
        }
        _ => {
            checker.problems.sort_by_key(|p| (p.span.start, p.span.end));
            checker.problems.dedup();
            Err(checker.problems)
        }
    }
}

impl Checker<'_> {
    pub fn report(&mut self, span: &Span, kind: ProblemKind) {
        self.problems.push(Problem::new(span.clone(), kind));
    }

    /// Types one node. Empty when something in it was reported.
    pub fn expr(&mut self, expr: &Expr) -> Option<Typed> {
        match &expr.kind {
            ExprKind::Null => Some(Typed::null()),
            ExprKind::Bool(value) => Some(Typed::literal(Literal::Bool(*value), Kind::Bool)),
            ExprKind::Int(value) => Some(Typed::literal(Literal::Int(value.to_string()), Kind::Int)),
            ExprKind::Decimal { units, scale } => {
                let literal = Literal::Decimal { units: units.to_string(), scale: *scale };
                Some(Typed::literal(literal, Kind::Decimal(*scale)))
            }
            ExprKind::Text(text) => Some(Typed::literal(Literal::Text(text.clone()), Kind::Text)),
            ExprKind::List(items) => self.list(items),
            ExprKind::Name(name) => self.name(name, expr),
            ExprKind::Select(of, name) => self.select(of, name, expr),
            ExprKind::Index(of, index) => self.index(of, index),
            ExprKind::Unary(op, of) => self.unary(*op, of, expr),
            ExprKind::Binary(op, sides) => self.binary(*op, &sides.0, &sides.1, expr),
            ExprKind::Conditional(parts) => self.conditional(&parts.0, &parts.1, &parts.2),
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::Invalid => None,
        }
    }

    /// Types `expr` where `facts` are known not to be null.
    pub fn with_facts(&mut self, facts: Vec<String>, expr: &Expr) -> Option<Typed> {
        let before = self.known.len();
        self.known.extend(facts);
        let typed = self.expr(expr);
        self.known.truncate(before);
        typed
    }

    /// Marks a path that has a value here.
    fn narrowed(&self, mut typed: Typed, expr: &Expr) -> Typed {
        if narrow::path(expr).is_some_and(|path| self.known.contains(&path)) {
            typed.nullable = false;
            typed.unknown = None;
        }
        typed
    }

    /// Types `body` with one more variable, which hides what was known under its name, and facts about it.
    pub fn with_variable(&mut self, variable: Bound, facts: Vec<String>, body: &Expr) -> Option<Typed> {
        let known = self.known.clone();
        let prefix = format!("{}.", variable.name);
        self.known.retain(|path| *path != variable.name && !path.starts_with(&prefix));
        self.bound.push(variable);
        let typed = self.with_facts(facts, body);
        self.bound.pop();
        self.known = known;
        typed
    }

    fn name(&mut self, name: &str, expr: &Expr) -> Option<Typed> {
        if let Some(at) = self.bound.iter().rposition(|b| b.name == name) {
            let Bound { ty, unknown, .. } = self.bound.get(at)?;
            let sure = Typed::sure(Node::Bound(u8::try_from(at).ok()?), ty.kind.clone());
            let typed = Typed { nullable: ty.nullable, unknown: unknown.clone(), ..sure };
            return Some(self.narrowed(typed, expr));
        }
        let this = self.scope.this().map(str::to_owned);
        if let Some(entity) = &this
            && let Some(ty) = self.scope.field(entity, name)
        {
            let this = Typed::sure(Node::This, Kind::Record(entity.clone()));
            let typed = self.access(this, entity, name, ty, &expr.span)?;
            return Some(self.narrowed(typed, expr));
        }
        match (name, this) {
            ("this", Some(entity)) => Some(Typed::sure(Node::This, Kind::Record(entity))),
            ("old", Some(entity)) => {
                if !self.scope.allows(Ingredient::Old) {
                    self.report(&expr.span, ProblemKind::NotAvailable("`old`"));
                    return None;
                }
                let nullable = self.scope.old_may_be_absent();
                let typed = Typed { nullable, ..Typed::sure(Node::Old, Kind::Record(entity)) };
                Some(self.narrowed(typed, expr))
            }
            ("user", _) => {
                self.report(&expr.span, ProblemKind::NotAvailable("`user` without one of its attributes"));
                None
            }
            (name, this) => {
                self.unknown_name(name, this.as_deref(), &expr.span);
                None
            }
        }
    }

    fn unknown_name(&mut self, name: &str, this: Option<&str>, span: &Span) {
        if let "bool" | "int" | "uint" | "double" | "string" | "bytes" | "list" | "map" | "null_type"
        | "type" | "dyn" = name
        {
            let what = format!("the type `{name}` as a value");
            let instead = "types are known from the model";
            return self.report(span, ProblemKind::Unsupported { what, instead });
        }
        if let Some(problem) = foreign::name(name, span) {
            self.problems.push(problem);
            return;
        }
        let fields = this.map(|entity| self.scope.field_names(entity)).unwrap_or_default();
        let words = ["true", "false", "null", "this", "user"];
        let bound = self.bound.iter().map(|b| b.name.as_str());
        let names = fields.iter().map(String::as_str).chain(bound).chain(words);
        let nearest = nearest(name, names).map(str::to_owned);
        let problem = Problem::new(span.clone(), ProblemKind::UnknownName(name.to_owned()));
        self.problems.push(match nearest {
            Some(nearest) => problem.with_fix(span.clone(), nearest),
            None => problem,
        });
    }

    fn select(&mut self, of: &Expr, name: &Ident, expr: &Expr) -> Option<Typed> {
        if matches!(&of.kind, ExprKind::Name(n) if n == "user") && !self.is_taken("user") {
            return self.attribute(name, expr);
        }
        let record = self.expr(of)?;
        let Kind::Record(entity) = record.kind.clone() else {
            if let Some(problem) = foreign::property(&record.kind, name) {
                self.problems.push(problem);
                return None;
            }
            let found = type_name(&record.kind);
            self.report(&name.span, ProblemKind::NotARecord { field: name.text.clone(), found });
            return None;
        };
        let Some(ty) = self.scope.field(&entity, &name.text) else {
            let fields = self.scope.field_names(&entity);
            let nearest = nearest(&name.text, fields.iter().map(String::as_str)).map(str::to_owned);
            let kind = ProblemKind::UnknownField { entity, field: name.text.clone() };
            let problem = Problem::new(name.span.clone(), kind);
            self.problems.push(match nearest {
                Some(nearest) => problem.with_fix(name.span.clone(), nearest),
                None => problem,
            });
            return None;
        };
        let culprit = record.unknown.clone().or_else(|| record.nullable.then(|| of.to_string()));
        let mut typed = self.access(record, &entity, &name.text, ty, &expr.span)?;
        typed.unknown = culprit.or(typed.unknown);
        Some(self.narrowed(typed, expr))
    }

    /// Whether a bare name means a field or a variable here.
    pub fn is_taken(&self, name: &str) -> bool {
        self.bound.iter().any(|b| b.name == name)
            || self.scope.this().is_some_and(|entity| self.scope.field(entity, name).is_some())
    }

    fn access(&mut self, of: Typed, entity: &str, name: &str, ty: Ty, span: &Span) -> Option<Typed> {
        let foreign = matches!(of.node, Node::Field(_)) && name != "id";
        if foreign && !self.scope.allows(Ingredient::References) {
            self.report(span, ProblemKind::NotAvailable("a field of another record"));
            return None;
        }
        let children = matches!(&ty.kind, Kind::List(item) if matches!(item.kind, Kind::Record(_)));
        if children && !self.scope.allows(Ingredient::Children) {
            self.report(span, ProblemKind::NotAvailable("a list of owned records"));
            return None;
        }
        let nullable = ty.nullable;
        let declared = Ty { kind: ty.kind.clone(), nullable: nullable || of.may_be_absent() };
        let access =
            FieldAccess { of: of.node, entity: entity.to_owned(), name: name.to_owned(), ty: declared };
        let unknown = self.scope.may_be_unknown(entity, name).then(|| name.to_owned());
        Some(Typed { nullable, unknown, ..Typed::sure(Node::Field(Box::new(access)), ty.kind) })
    }

    fn attribute(&mut self, name: &Ident, expr: &Expr) -> Option<Typed> {
        if !self.scope.allows(Ingredient::User) {
            self.report(&expr.span, ProblemKind::NotAvailable("`user`"));
            return None;
        }
        let Some(ty) = self.scope.user(&name.text) else {
            let attributes = self.scope.user_attributes();
            let nearest = nearest(&name.text, attributes.iter().map(String::as_str)).map(str::to_owned);
            let problem = Problem::new(name.span.clone(), ProblemKind::UnknownAttribute(name.text.clone()));
            self.problems.push(match nearest {
                Some(nearest) => problem.with_fix(name.span.clone(), nearest),
                None => problem,
            });
            return None;
        };
        let node = Node::User(Attribute { name: name.text.clone(), ty: ty.clone() });
        Some(self.narrowed(Typed { nullable: ty.nullable, ..Typed::sure(node, ty.kind) }, expr))
    }

    fn list(&mut self, items: &[Expr]) -> Option<Typed> {
        let mut typed = Vec::with_capacity(items.len());
        for item in items {
            typed.push(self.expr(item));
        }
        let typed: Vec<Typed> = typed.into_iter().collect::<Option<_>>()?;
        let mut kind = Kind::Null;
        for (item, t) in items.iter().zip(&typed) {
            match convert::common(&kind, &t.kind) {
                Some(found) => kind = found,
                None => {
                    let (first, other) = (type_name(&kind), type_name(&t.kind));
                    self.report(&item.span, ProblemKind::MixedList { first, other });
                    return None;
                }
            }
        }
        let nullable = typed.iter().any(Typed::may_be_absent);
        let inside = typed.iter().find_map(Typed::incomparable);
        let nodes = typed.into_iter().map(|t| convert::convert(t.node, &t.kind, &kind)).collect();
        let kind = Kind::List(Box::new(Ty { kind, nullable }));
        Some(Typed { inside, ..Typed::sure(Node::List(nodes), kind) })
    }

    fn conditional(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr) -> Option<Typed> {
        let tested = self.bool_operand(condition, "? :");
        let first = self.with_facts(narrow::proven(condition, true), then);
        let second = self.with_facts(narrow::proven(condition, false), otherwise);
        let (tested, first, second) = (tested?, first?, second?);
        self.hazard(&tested, condition, "? :");
        let (first, second, kind) = self.same_kind(first, then, second, otherwise, "? :")?;
        let nullable = first.nullable || second.nullable;
        let culprit = tested.nullable.then(|| condition.to_string());
        let unknown = tested.unknown.or(culprit).or(first.unknown).or(second.unknown);
        let inside = first.inside.or(second.inside);
        let choice = Choice { condition: tested.node, then: first.node, otherwise: second.node };
        Some(Typed { node: Node::If(Box::new(choice)), kind, nullable, unknown, inside })
    }

    /// Fits the whole to what its place needs.
    fn fit(&mut self, typed: Typed, expr: &Expr, expected: &Expected) -> Option<Typed> {
        match expected {
            Expected::Any => Some(typed),
            Expected::Condition => {
                if typed.kind != Kind::Bool {
                    let found = type_name(&typed.kind);
                    let (place, expected) = ("the expression".into(), "a condition".into());
                    self.report(&expr.span, ProblemKind::WrongType { place, expected, found });
                    return None;
                }
                self.hazard(&typed, expr, "");
                Some(typed)
            }
            Expected::Value(ty) => self.fit_value(typed, expr, ty),
        }
    }

    fn fit_value(&mut self, typed: Typed, expr: &Expr, wanted: &Ty) -> Option<Typed> {
        let mut typed = self.adopt(typed, expr, &wanted.kind)?;
        let identity = matches!((&typed.kind, &wanted.kind), (Kind::Uuid, Kind::Record(_)));
        let empty = typed.kind == Kind::Null && wanted.nullable;
        if !identity && !empty {
            let numbers = matches!((&typed.kind, &wanted.kind), (Kind::Decimal(_), Kind::Decimal(_)));
            if typed.kind == Kind::Null
                || (!numbers && !convert::convertible(&typed.node, &typed.kind, &wanted.kind))
            {
                let (expected, found) = (type_name(&wanted.kind), type_name(&typed.kind));
                let place = "the expression".to_owned();
                self.report(&expr.span, ProblemKind::WrongType { place, expected, found });
                return None;
            }
            typed.node = convert::convert(typed.node, &typed.kind, &wanted.kind);
        }
        if !identity {
            typed.kind = wanted.kind.clone();
        }
        if typed.may_be_absent() && !wanted.nullable {
            let operand = typed.unknown.clone().unwrap_or_else(|| expr.to_string());
            self.warnings.push(Problem::new(expr.span.clone(), ProblemKind::MayBeNull { operand }));
        }
        Some(typed)
    }

    /// Warns that a null or unknown operand takes the whole condition with it, once for each place.
    pub fn hazard(&mut self, typed: &Typed, expr: &Expr, operator: &str) {
        let inside = |p: &Problem| p.span.start >= expr.span.start && p.span.end <= expr.span.end;
        if !self.condition || !typed.may_be_absent() || self.warnings.iter().any(inside) {
            return;
        }
        let operand = typed.unknown.clone().unwrap_or_else(|| expr.to_string());
        let kind = ProblemKind::NullableOperand { operand, operator: operator.to_owned() };
        self.warnings.push(Problem::new(expr.span.clone(), kind));
    }
}
