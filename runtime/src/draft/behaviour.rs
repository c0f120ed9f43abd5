//! What an entity does by itself when a record is written, compiled once: defaults, copies, computed fields and
//! checks, in the order in which they have to run.

use std::collections::BTreeSet;

use athyper_expr::eval::{Path, Program, Unfit};
use athyper_schemas::bundle::{Action, System};
use athyper_schemas::ir::{Expr, Node};

use crate::catalog::{Catalog, Entity, EntityId, Field, FieldId, RecordLayout};

/// What every entity of a catalog does, by the place of the entity in [`Catalog::entities`].
#[derive(Debug, Default)]
pub struct Behaviours {
    entities: Vec<Behaviour>,
}

/// What one entity does.
#[derive(Debug, Default)]
pub struct Behaviour {
    /// What fields get that a new record does not mention.
    pub defaults: Vec<(FieldId, Program)>,
    /// What is copied from references.
    pub copies: Vec<Copied>,
    /// Stored computed fields, each after those it needs.
    pub computed: Vec<(FieldId, Rule)>,
    /// Conditions, in the order of the entity's checks.
    pub checks: Vec<Rule>,
    /// What has to be loaded before computed fields and checks can run.
    pub needs: Needs,
    /// Whether something here looks at the owner of the record.
    pub looks_up: bool,
    /// What the policies look at.
    pub asks: Asks,
    /// What decides about the rules that look at owned children, besides the children.
    beside: Inputs,
}

/// What has to be loaded before the policies of an entity can decide.
#[derive(Debug, Default)]
pub struct Asks {
    /// About reading.
    pub read: Needs,
    /// About making.
    pub create: Needs,
    /// About changing.
    pub update: Needs,
    /// About removing.
    pub delete: Needs,
    /// About changing single fields.
    pub fields: Needs,
}

impl Asks {
    /// What has to be loaded before a decision about `action`. Nothing is written under those that are not named here.
    #[must_use]
    pub const fn about(&self, action: Action) -> &Needs {
        match action {
            Action::Create => &self.create,
            Action::Update => &self.update,
            Action::Delete => &self.delete,
            _ => &self.read,
        }
    }

    fn of(catalog: &Catalog, entity: &Entity) -> Self {
        let about = |action| Needs::of(catalog, entity, &entity.rules().paths(action));
        Self {
            read: about(Action::Read),
            create: about(Action::Create),
            update: about(Action::Update),
            delete: about(Action::Delete),
            fields: Needs::of(catalog, entity, &entity.guards().paths()),
        }
    }
}

/// A program, and whether it looks at the owned children of its record.
#[derive(Debug)]
pub struct Rule {
    /// The program.
    pub program: Program,
    /// Whether it looks at owned children.
    pub looks_down: bool,
}

/// What a rule depends on.
#[derive(Debug, Default)]
struct Inputs {
    /// Fields of the record itself.
    own: BTreeSet<FieldId>,
    /// The clock, the caller, or the record before.
    moment: bool,
}

/// A field whose value is copied when a reference is set.
#[derive(Debug, Clone, Copy)]
pub struct Copied {
    /// The field that gets the value.
    pub field: FieldId,
    /// The reference.
    pub reference: FieldId,
    /// The field of the record it points to.
    pub source: FieldId,
}

/// References and owned children that must be loaded, each with what must be loaded behind it.
#[derive(Debug, Default, Clone)]
pub struct Needs {
    /// By field, in no particular order, each once.
    pub links: Vec<(FieldId, Self)>,
}

impl Behaviours {
    /// Compiles what the entities of `catalog` do.
    ///
    /// # Errors
    /// When an expression does not fit the model: the artifact is broken.
    pub fn of(catalog: &Catalog) -> Result<Self, String> {
        let layout = RecordLayout(catalog);
        let entities = catalog
            .entities()
            .iter()
            .map(|entity| {
                behaviour(catalog, entity, &layout)
                    .map_err(|why| format!("`{}` has an expression that does not fit: {why}", entity.name()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { entities })
    }

    /// What this entity does.
    #[must_use]
    pub fn entity(&self, place: usize) -> Option<&Behaviour> {
        self.entities.get(place)
    }

    /// Whether a change of these fields can be made without looking at the owned children of the record: no rule
    /// that looks at them can come to another result, and none of them looks at its owner.
    #[must_use]
    pub fn leaves_children_alone(&self, catalog: &Catalog, entity: &Entity, said: &[FieldId]) -> bool {
        let Some(behaviour) = self.entity(entity.id().index()) else { return false };
        let copied = behaviour.copies.iter().filter(|c| said.contains(&c.reference)).map(|c| c.field);
        let touched: BTreeSet<FieldId> = said.iter().copied().chain(copied).collect();
        !behaviour.beside.moment
            && behaviour.beside.own.is_disjoint(&touched)
            && !entity.fields().iter().filter_map(Field::children).any(|child| self.looks_up(catalog, child))
    }

    fn looks_up(&self, catalog: &Catalog, entity: EntityId) -> bool {
        let below = catalog.entity(entity).fields().iter().filter_map(Field::children);
        self.entity(entity.index()).is_none_or(|b| b.looks_up)
            || below.into_iter().any(|child| self.looks_up(catalog, child))
    }
}

fn behaviour(catalog: &Catalog, entity: &Entity, layout: &RecordLayout<'_>) -> Result<Behaviour, Unfit> {
    let mut out = Behaviour::default();
    for field in entity.fields() {
        if let Some(default) = &field.def().default {
            out.defaults.push((field.id(), Program::compile(default, layout)?));
        }
        let copied = field.def().copy.as_ref().and_then(|copy| {
            let reference = entity.named(&copy.reference)?;
            let source = catalog.entity(reference.reference()?).named(&copy.field)?.id();
            Some(Copied { field: field.id(), reference: reference.id(), source })
        });
        out.copies.extend(copied);
    }
    for field in in_order(entity) {
        if let Some(computed) = &entity.field(field).def().computed {
            let rule = out.rule(catalog, entity, &computed.value, layout)?;
            out.computed.push((field, rule));
        }
    }
    for check in &entity.def().checks {
        let rule = out.rule(catalog, entity, &check.assert, layout)?;
        out.checks.push(rule);
    }
    let owner = entity.system(System::Parent).map(|f| f.id());
    out.looks_up = out.needs.links.iter().any(|(field, _)| Some(*field) == owner);
    out.asks = Asks::of(catalog, entity);
    Ok(out)
}

impl Behaviour {
    fn rule(
        &mut self,
        catalog: &Catalog,
        entity: &Entity,
        expr: &Expr,
        layout: &RecordLayout<'_>,
    ) -> Result<Rule, Unfit> {
        let program = Program::compile(expr, layout)?;
        self.needs.add_all(catalog, entity, program.paths());
        let first = program.paths().iter().filter_map(|path| entity.named(path.first()?));
        let looks_down = first.into_iter().any(|field| field.children().is_some());
        if looks_down {
            self.beside.add(entity, &expr.root);
        }
        Ok(Rule { program, looks_down })
    }
}

impl Inputs {
    fn add(&mut self, entity: &Entity, root: &Node) {
        root.each(&mut |node| match node {
            Node::Now | Node::Today | Node::User(_) | Node::Old => self.moment = true,
            Node::Field(access) if matches!(access.of, Node::This) => {
                let Some(field) = entity.named(&access.name) else { return };
                if self.own.insert(field.id())
                    && let Some(computed) = &field.def().computed
                {
                    self.add(entity, &computed.value.root);
                }
            }
            _ => {}
        });
    }
}

impl Needs {
    fn of(catalog: &Catalog, entity: &Entity, paths: &[Path]) -> Self {
        let mut needs = Self::default();
        needs.add_all(catalog, entity, paths);
        needs
    }

    /// Whether owned children of the record itself are among them.
    #[must_use]
    pub fn look_down(&self, entity: &Entity) -> bool {
        self.links.iter().any(|(field, _)| entity.field(*field).children().is_some())
    }

    fn add_all(&mut self, catalog: &Catalog, entity: &Entity, paths: &[Path]) {
        for path in paths {
            self.add(catalog, entity, path);
        }
    }

    fn add(&mut self, catalog: &Catalog, entity: &Entity, path: &[String]) {
        let Some((name, rest)) = path.split_first() else { return };
        let Some(field) = entity.named(name) else { return };
        let Some(target) = field.reference().or_else(|| field.children()) else { return };
        let place = match self.links.iter().position(|(f, _)| *f == field.id()) {
            Some(place) => place,
            None => {
                self.links.push((field.id(), Self::default()));
                self.links.len() - 1
            }
        };
        if let Some((_, below)) = self.links.get_mut(place) {
            below.add(catalog, catalog.entity(target), rest);
        }
    }
}

/// The stored computed fields, each after those of the same record that it needs.
fn in_order(entity: &Entity) -> Vec<FieldId> {
    let mut done = Vec::new();
    let mut open = BTreeSet::new();
    for field in entity.fields() {
        visit(entity, field.id(), &mut open, &mut done);
    }
    done
}

fn visit(entity: &Entity, field: FieldId, open: &mut BTreeSet<FieldId>, done: &mut Vec<FieldId>) {
    let Some(computed) = &entity.field(field).def().computed else { return };
    if !open.insert(field) {
        return;
    }
    computed.value.root.each(&mut |node| {
        if let Node::Field(access) = node
            && matches!(access.of, Node::This)
            && let Some(needed) = entity.named(&access.name)
        {
            visit(entity, needed.id(), open, done);
        }
    });
    if computed.stored {
        done.push(field);
    }
}
