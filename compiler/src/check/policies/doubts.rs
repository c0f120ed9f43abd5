//! What is doubtful about policies. Asked once nothing is missing through another mistake.

use std::collections::BTreeSet;

use athyper_schemas::bundle::{ANONYMOUS, Action, Class, EVERYBODY, Effect};
use athyper_schemas::ir::{Call, Expr, Literal, Node, Op};

use super::rulings::{self, Ruling, Way, own_field, reaches};
use super::typed::TypedPolicy;
use super::{alike, change, constant, exposure, index, overlap, presence};
use crate::diag::{Sink, policies, policy_doubts as say};
use crate::model::policy::Role;
use crate::model::{EntityRef, Model, Policy};

/// Says everything doubtful.
pub(in crate::check) fn doubts(
    model: &Model,
    typed: &[TypedPolicy],
    expressions: &[Option<Expr>],
    sink: &mut Sink,
) {
    for (policy, typed) in model.policies.iter().zip(typed) {
        constant::conditions(model, policy, typed, sink);
        unused(policy, typed, sink);
    }
    alike::roles(model, typed, sink);
    exposure::fields(model, typed, expressions, sink);
    for entity in model.entities().filter(|entity| !entity.is_child()) {
        let rulings = rulings::of(model, typed, entity);
        constant::rules(model, &rulings, sink);
        overlap::rules(model, &rulings, sink);
        presence::tells((model, typed), entity, &rulings, sink);
        change::guards(model, entity, &rulings, sink);
        open_writes(&rulings, sink);
        self_approval(entity, &rulings, sink);
        anonymous(&rulings, sink);
        nulls_that_match(&rulings, sink);
        known_by_hidden(model, entity, sink);
        index::helps(entity, &rulings, sink);
    }
}

/// Names that nothing uses.
fn unused(policy: &Policy, typed: &TypedPolicy, sink: &mut Sink) {
    if !policy.read {
        return;
    }
    for written in &policy.lets {
        if !typed.used.contains(&written.name.value) {
            sink.warn(say::unused_name(written.name.span, &written.name.value));
        }
    }
    let used: BTreeSet<&Role> = policy.named().map(|to| &to.role).collect();
    for (at, role) in policy.roles.iter().enumerate() {
        if !used.contains(&Role::Derived(at)) {
            sink.warn(say::unused_name(role.span, &role.name));
        }
    }
}

/// What everybody may change, whoever made it.
fn open_writes(rulings: &[Ruling<'_>], sink: &mut Sink) {
    for ruling in rulings.iter().filter(|ruling| ruling.rule.effect == Effect::Allow) {
        let open = |role| {
            let mut ways = ruling.ways.iter().filter(|way| way.role == role && way.asks.is_empty());
            ways.next().is_some() && ruling.typed.after.is_none()
        };
        let role = if open(ANONYMOUS) {
            ANONYMOUS
        } else if open(EVERYBODY) {
            EVERYBODY
        } else {
            continue;
        };
        let harmless = |action: Action| {
            matches!(action, Action::Read | Action::Export | Action::Share)
                || (action == Action::Create && role == EVERYBODY)
        };
        if let Some(action) = ruling.rule.actions.iter().find(|action| !harmless(action.value)) {
            sink.warn(say::open_write(action.span, action.value.name(), role));
        }
    }
}

/// Roles that can both make a document and agree to it.
fn self_approval(entity: EntityRef<'_>, rulings: &[Ruling<'_>], sink: &mut Sink) {
    if entity.get().class != Class::Document {
        return;
    }
    let makers: BTreeSet<&str> = rulings
        .iter()
        .filter(|ruling| ruling.does(Effect::Allow, Action::Create))
        .flat_map(|ruling| ruling.ways.iter().map(|way| way.role))
        .collect();
    let names_maker = |node: &Node| own_field(node) == Some("created_by");
    let held_back = |way: &Way<'_>| {
        let denies = rulings.iter().filter(|ruling| ruling.does(Effect::Deny, Action::Approve));
        denies.clone().any(|deny| {
            deny.ways.iter().any(|other| reaches(other.role, way.role) && deny.looks_at(other, names_maker))
        })
    };
    for ruling in rulings.iter().filter(|ruling| ruling.does(Effect::Allow, Action::Approve)) {
        let Some(action) = ruling.rule.actions.iter().find(|said| said.value == Action::Approve) else {
            continue;
        };
        let both = ruling.ways.iter().find(|way| {
            let makes = makers.iter().any(|maker| reaches(maker, way.role) || reaches(way.role, maker));
            makes && !ruling.looks_at(way, names_maker) && !held_back(way)
        });
        if let Some(way) = both {
            sink.warn(say::self_approval(action.span, way.role, &entity.name().short));
        }
    }
}

/// A caller without a token has no attributes.
fn anonymous(rulings: &[Ruling<'_>], sink: &mut Sink) {
    for ruling in rulings {
        let asks_user = |way: &&Way<'_>| {
            way.role == ANONYMOUS && ruling.looks_at(way, |node| matches!(node, Node::User(_)))
        };
        if ruling.ways.iter().any(|way| asks_user(&way)) {
            sink.error(policies::anonymous_has_no_user(ruling.rule.span, &ruling.rule.id));
        }
    }
}

/// Two nulls are equal: who has no region gets the records that have none.
fn nulls_that_match(rulings: &[Ruling<'_>], sink: &mut Sink) {
    for ruling in rulings.iter().filter(|ruling| ruling.rule.effect == Effect::Allow) {
        for way in &ruling.ways {
            let tested: Vec<&Node> = way.asks.iter().filter_map(|node| tested(node)).collect();
            let mut open = way.asks.clone();
            let mut found = None;
            while let Some(node) = open.pop() {
                match node {
                    Node::Call(call) if matches!(call.op, Op::And | Op::Or) => open.extend(&call.args),
                    Node::Call(Call { op: Op::Eq, args }) => {
                        let [a, b] = args.as_slice() else { continue };
                        let both = (may_be_null(a) && is_user(b) && may_be_null(b))
                            || (may_be_null(b) && is_user(a) && may_be_null(a));
                        if both && !tested.contains(&a) && !tested.contains(&b) {
                            found = Some(node);
                        }
                    }
                    _ => {}
                }
            }
            if let Some(node) = found {
                let span = ruling.rule.when.as_ref().map_or(ruling.rule.span, crate::ast::Condition::span);
                sink.warn(say::nulls_match(span, &ruling.rule.id, &athyper_expr::print::print(node)));
                break;
            }
        }
    }
}

/// What a part of a condition proves not to be null.
fn tested(node: &Node) -> Option<&Node> {
    let Node::Call(Call { op, args }) = node else { return None };
    match (op, args.as_slice()) {
        (Op::Ne, [a, Node::Literal(Literal::Null)] | [Node::Literal(Literal::Null), a]) => Some(a),
        (Op::Has, [a]) => Some(a),
        _ => None,
    }
}

const fn is_user(node: &Node) -> bool {
    matches!(node, Node::User(_))
}

fn may_be_null(node: &Node) -> bool {
    match node {
        Node::Field(access) => access.ty.nullable,
        Node::User(attribute) => attribute.ty.nullable,
        _ => false,
    }
}

/// What records are known by, kept from some who read them.
fn known_by_hidden(model: &Model, entity: EntityRef<'_>, sink: &mut Sink) {
    let get = entity.get();
    for (_, policy) in model.policies.about(entity.id()) {
        for rule in policy.fields.iter().filter(|rule| rule.read.is_some()) {
            let field = entity.field(rule.field);
            let what = if get.natural_key.contains(&rule.field) {
                "key"
            } else if get.title == Some(rule.field) {
                "title"
            } else {
                continue;
            };
            sink.warn(say::known_by_hidden(rule.span, field.name(), what, &entity.name().short));
        }
    }
}
