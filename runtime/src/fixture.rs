//! A small shop as a bundle, for tests of the flows: every rule of writing has an entity that needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use athyper_expr::Value;
use athyper_expr::check::{Expected, Scope as Names};
use athyper_policy::Standing;
use athyper_schemas::bundle::{
    Action, Bundle, Check, Class, Computed, CopyFrom, Effect, Entity, Enum, EnumValue, Field, FieldType,
    Grantee, Limits, NumberPart, Numbering, OnDelete, Owner, Package, Place, Policy, Reset, Rule, System,
    Trait, Unique, UserAttribute,
};
use athyper_schemas::dialect::Dialect;
use athyper_schemas::field_types::{self, Storage};
use athyper_schemas::ir::{Expr, Kind, Ty};
use smol_str::SmolStr;
use tempfile::TempDir;

use crate::catalog::{Build, EntityId};
use crate::db::{Db, Settings, migrate};
use crate::flow::write::{Call, WriteSettings, WriteSide};
use crate::request::prefer::{Condition, Preferences};
use crate::value::rules::kind_of;
use crate::who::{Capacity, Principal, Scope, TenantId};

/// A database with the shop in it.
pub(crate) struct Shop {
    _folder: TempDir,
    pub db: Db,
    pub writes: WriteSide,
    pub build: Build,
    pub scope: Scope,
    pub clerk: Principal,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::of(bundle()).await
    }

    /// With other policies than the usual ones.
    pub(crate) async fn of(bundle: Bundle) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let build = build(bundle);
        let db = Db::open(&Settings::for_file(&folder.path().join("shop.db"))).await.expect("a database");
        migrate::apply(&db, &build).await.expect("a schema");
        let clerk = principal(1, "clara", &["clerk"]);
        let scope = Scope::of(&clerk, Arc::clone(build.catalog()));
        let writes = WriteSide::new(db.clone(), settings());
        Self { _folder: folder, db, writes, build, scope, clerk }
    }

    pub(crate) fn entity(&self, name: &str) -> EntityId {
        self.build.catalog().named(&format!("shop.{name}")).expect("an entity").id()
    }

    pub(crate) fn call(&self) -> Call<'_> {
        Call {
            scope: &self.scope,
            principal: &self.clerk,
            preferences: Preferences::default(),
            condition: Condition::Any,
            key: None,
            watched: false,
        }
    }
}

pub(crate) fn settings() -> WriteSettings {
    WriteSettings {
        json_depth: 32,
        most_children: 2000,
        most_operations: 200,
        if_match_required: true,
        idempotency_hours: 24,
    }
}

pub(crate) fn principal(tenant: u128, subject: &str, roles: &[&str]) -> Principal {
    let tenant = TenantId::new(uuid::Uuid::from_u128(tenant));
    let roles: BTreeSet<SmolStr> = roles.iter().map(SmolStr::new).collect();
    let names = Value::list(roles.iter().map(|role| Value::text(role)).collect());
    let attributes = vec![Value::Null, Value::text(subject), names];
    Principal::verified(tenant, subject, Capacity { standing: Standing::Authenticated, roles }, attributes)
}

fn build(bundle: Bundle) -> Build {
    let files = BTreeMap::from([("sql/sqlite/schema.sql".to_owned(), schema(&bundle))]);
    Build::in_memory(bundle, files).expect("a build")
}

pub(crate) fn bundle() -> Bundle {
    let mut bundle = Bundle {
        package: Package {
            name: "shop".into(),
            doc: None,
            dialects: vec![Dialect::Sqlite],
            user: vec![
                attribute("email", Ty { kind: Kind::Text, nullable: true }),
                attribute("id", words()),
                attribute("roles", Ty { kind: Kind::List(Box::new(words())), nullable: false }),
            ],
        },
        entities: entities(),
        enums: vec![Enum {
            name: "shop.Status".into(),
            label: "Status".into(),
            doc: None,
            values: ["draft", "placed"].map(|n| EnumValue { name: n.into(), label: n.into() }).into(),
        }],
        policies: Vec::new(),
    };
    bundle.entities.sort_by(|a, b| a.name.cmp(&b.name));
    for entity in bundle.entities.iter().filter(|e| e.owner.is_none()) {
        let rule = |id: &str, actions: Vec<Action>, to: &str| Rule { id: id.into(), actions, ..allow(to) };
        let mut rules = vec![rule("keep", Action::DATA.to_vec(), "clerk")];
        if entity.name != "shop.Secret" {
            rules.push(rule("look", vec![Action::Read], "reader"));
            rules.push(rule("add", vec![Action::Create, Action::Update], "writer"));
        } else {
            rules = vec![rule("own", Action::DATA.to_vec(), "boss")];
        }
        bundle.policies.push(Policy {
            name: format!("{}Access", entity.name),
            entity: entity.name.clone(),
            doc: None,
            rules,
            fields: Vec::new(),
        });
    }
    bundle.policies.sort_by(|a, b| a.name.cmp(&b.name));
    fill_expressions(&mut bundle);
    bundle
}

/// A rule that lets the holders of a role read everything.
pub(crate) fn allow(role: &str) -> Rule {
    Rule {
        id: "more".into(),
        effect: Effect::Allow,
        actions: vec![Action::Read],
        to: vec![Grantee { role: role.into(), derived: None, when: None }],
        when: None,
        after: None,
        message: None,
        obligation: None,
        output: None,
        place: Place { file: "shop.yaml".into(), line: 1 },
    }
}

/// A condition on records of an entity of the shop.
pub(crate) fn condition(bundle: &Bundle, entity: &str, text: &str) -> Expr {
    let scope = BundleScope { bundle, this: format!("shop.{entity}") };
    match athyper_expr::compile(text, &scope, &Expected::Condition) {
        Ok(checked) => checked.expr,
        Err(problems) => panic!("{text}: {problems:?}"),
    }
}

fn attribute(name: &str, ty: Ty) -> UserAttribute {
    UserAttribute { name: name.into(), ty, claim: if name == "id" { "sub" } else { name }.into() }
}

fn words() -> Ty {
    Ty { kind: Kind::Text, nullable: false }
}

fn entities() -> Vec<Entity> {
    let mut supplier = entity("Supplier", &[Trait::SoftDelete]);
    supplier.fields.extend([required(unique_text("code", 12)), required(text("name", 40)), text("tags", 20)]);
    if let Some(tags) = supplier.fields.last_mut() {
        let item = std::mem::replace(&mut tags.ty, ty("list"));
        tags.ty.item = Some(Box::new(item));
        tags.ty.max_length = None;
    }
    supplier.natural_key = vec!["code".into()];
    supplier.search = vec!["code".into(), "name".into()];
    supplier.unique.push(unique("supplier", &["code"]));

    let mut order = entity("Order", &[]);
    order.number = Some(Numbering {
        field: "code".into(),
        format: vec![NumberPart::Literal("O-".into()), NumberPart::Sequence(4)],
        reset: Reset::Yearly,
        gapless: true,
    });
    order.natural_key = vec!["code".into()];
    order.fields.extend([
        required(text("code", 20)),
        required(reference("supplier", "Supplier", OnDelete::Restrict)),
        copied(text("supplier_name", 40), "supplier", "name"),
        text("supplier_ref", 20),
        required(enumeration("status", "Status")),
        required(plain("ordered_on", "date")),
        children("lines", "Line"),
        plain("total", "money"),
        plain("line_count", "int"),
        reference("secret", "Secret", OnDelete::SetNull),
    ]);
    order.unique.extend([unique("order", &["code"]), unique("order", &["supplier", "supplier_ref"])]);
    order.checks = vec![check("has_lines", "Only a draft may have no lines"), check("small", "Too dear")];

    let mut line = owned("Line", "Order", "lines");
    line.fields.extend([
        required(text("item", 20)),
        required(decimal("quantity", 12, 3, "0.001")),
        required(decimal("price", 18, 2, "0.00")),
        plain("amount", "money"),
        children("parts", "Part"),
    ]);
    line.unique.push(unique("line", &["parent", "item"]));

    let mut part = owned("Part", "Line", "parts");
    part.fields.extend([required(text("what", 20)), required(plain("count", "int"))]);

    let mut group = entity("Group", &[Trait::Tree]);
    group.fields.push(reference("parent", "Group", OnDelete::Restrict));
    group.fields.extend([required(unique_text("code", 12))]);
    group.unique.push(unique("group", &["code"]));
    group.natural_key = vec!["code".into()];

    let mut price = entity("Price", &[Trait::EffectiveDated]);
    price.fields.extend([
        required(plain("valid_from", "date")),
        plain("valid_to", "date"),
        required(reference("supplier", "Supplier", OnDelete::Cascade)),
        required(decimal("amount", 18, 2, "0.00")),
    ]);
    price.natural_key = vec!["supplier".into()];
    price.unique.push(unique("price", &["supplier", "valid_from"]));

    let mut secret = entity("Secret", &[]);
    secret.fields.push(text("word", 20));
    let mut note = entity("Note", &[]);
    note.fields.extend([text("text", 20), reference("about", "Group", OnDelete::Cascade)]);
    vec![supplier, order, line, part, group, price, secret, note]
}

fn fill_expressions(bundle: &mut Bundle) {
    let before = bundle.clone();
    let expr = |entity: &str, text: &str, expected: Expected| -> Expr {
        let scope = BundleScope { bundle: &before, this: format!("shop.{entity}") };
        match athyper_expr::compile(text, &scope, &expected) {
            Ok(checked) => checked.expr,
            Err(problems) => panic!("{text}: {problems:?}"),
        }
    };
    let value = |kind| Expected::Value(Ty { kind, nullable: true });
    let computed = |value, stored| Some(Computed { value, stored, generated: false });
    for entity in &mut bundle.entities {
        for field in &mut entity.fields {
            match (entity.name.as_str(), field.name.as_str()) {
                ("shop.Order", "status") => {
                    let status = value(Kind::Enum("shop.Status".into()));
                    field.default = Some(expr("Order", "\"draft\"", status));
                }
                ("shop.Part", "count") => field.default = Some(expr("Part", "1", value(Kind::Int))),
                ("shop.Order", "ordered_on") => {
                    field.default = Some(expr("Order", "today()", value(Kind::Date)));
                }
                ("shop.Order", "total") => {
                    let sum = expr("Order", "lines.map(l, l.amount).sum()", value(Kind::Decimal(2)));
                    field.computed = computed(sum, true);
                }
                ("shop.Order", "line_count") => {
                    field.computed = computed(expr("Order", "lines.count()", value(Kind::Int)), false);
                    field.column = None;
                }
                ("shop.Line", "amount") => {
                    let product = expr("Line", "quantity * price", value(Kind::Decimal(2)));
                    field.computed = computed(product, true);
                }
                _ => {}
            }
        }
        for check in &mut entity.checks {
            let text = match check.name.as_str() {
                "has_lines" => "status == \"draft\" || line_count > 0",
                _ => "total < 1000000.00 || supplier.code == \"RICH\"",
            };
            check.assert = expr("Order", text, Expected::Condition);
        }
    }
}

fn entity(name: &str, traits: &[Trait]) -> Entity {
    let mut system = vec![
        ("id", "uuid", System::Id),
        ("version", "int", System::Version),
        ("created_at", "datetime", System::CreatedAt),
        ("created_by", "string", System::CreatedBy),
        ("updated_at", "datetime", System::UpdatedAt),
        ("updated_by", "string", System::UpdatedBy),
    ];
    if traits.contains(&Trait::SoftDelete) {
        system.push(("deleted_at", "datetime", System::DeletedAt));
    }
    let fields = system
        .into_iter()
        .map(|(name, ty, system)| Field {
            system: Some(system),
            required: system != System::DeletedAt,
            ..plain(name, ty)
        })
        .collect();
    Entity {
        name: format!("shop.{name}"),
        url: name.to_owned(),
        label: name.to_owned(),
        plural: format!("{name}s"),
        doc: None,
        class: Class::Document,
        table: format!("shop_{}", name.to_lowercase()),
        traits: traits.iter().copied().collect::<BTreeSet<_>>(),
        owner: None,
        title: None,
        natural_key: Vec::new(),
        search: Vec::new(),
        fields,
        checks: Vec::new(),
        unique: Vec::new(),
        foreign_keys: Vec::new(),
        indexes: Vec::new(),
        number: None,
        was: None,
    }
}

fn owned(name: &str, owner: &str, list: &str) -> Entity {
    let system = |field: Field, system| Field { system: Some(system), required: true, ..field };
    let fields = vec![
        system(plain("id", "uuid"), System::Id),
        system(reference("parent", owner, OnDelete::Cascade), System::Parent),
        system(plain("position", "int"), System::Position),
    ];
    let owner = Some(Owner { entity: format!("shop.{owner}"), field: list.to_owned() });
    Entity { owner, fields, ..entity(name, &[]) }
}

fn ty(name: &str) -> FieldType {
    let facts = field_types::facts(name).expect("a type");
    FieldType {
        name: name.to_owned(),
        max_length: facts.default_max_length,
        precision: facts.default_decimal.map(|(p, _)| p),
        scale: facts.default_decimal.map(|(_, s)| s),
        target: None,
        on_delete: None,
        item: None,
    }
}

fn plain(name: &str, type_name: &str) -> Field {
    Field {
        name: name.to_owned(),
        column: Some(name.to_owned()),
        label: name.to_owned(),
        doc: None,
        ty: ty(type_name),
        system: None,
        required: false,
        default: None,
        computed: None,
        copy: None,
        limits: Limits::default(),
        personal: false,
        was: None,
    }
}

fn required(field: Field) -> Field {
    Field { required: true, ..field }
}

fn text(name: &str, most: u32) -> Field {
    let mut field = plain(name, "string");
    field.ty.max_length = Some(most);
    field
}

fn unique_text(name: &str, most: u32) -> Field {
    text(name, most)
}

fn decimal(name: &str, precision: u8, scale: u8, min: &str) -> Field {
    let mut field = plain(name, "decimal");
    (field.ty.precision, field.ty.scale) = (Some(precision), Some(scale));
    field.limits.min = Some(min.to_owned());
    field
}

fn enumeration(name: &str, target: &str) -> Field {
    let mut field = plain(name, "enum");
    field.ty.target = Some(format!("shop.{target}"));
    field
}

fn reference(name: &str, target: &str, on_delete: OnDelete) -> Field {
    let mut field = plain(name, "ref");
    field.column = Some(format!("{name}_id"));
    field.ty.target = Some(format!("shop.{target}"));
    field.ty.on_delete = Some(on_delete);
    field
}

fn children(name: &str, target: &str) -> Field {
    let mut field = plain(name, "children");
    field.column = None;
    field.ty.target = Some(format!("shop.{target}"));
    field
}

fn copied(field: Field, reference: &str, from: &str) -> Field {
    Field { copy: Some(CopyFrom { reference: reference.into(), field: from.into() }), ..field }
}

fn unique(name: &str, fields: &[&str]) -> Unique {
    Unique {
        name: fields.join("_"),
        constraint: format!("{name}_{}_key", fields.join("_")),
        fields: fields.iter().map(|f| (*f).to_owned()).collect(),
    }
}

fn check(name: &str, message: &str) -> Check {
    let assert = athyper_expr::compile("true", &Nothing, &Expected::Condition).expect("a condition").expr;
    Check { name: name.into(), assert, message: message.into(), in_database: false }
}

/// The tables of a bundle, in the words of the house.
fn schema(bundle: &Bundle) -> String {
    use std::fmt::Write as _;

    let mut out = String::new();
    for entity in &bundle.entities {
        let _ = write!(out, "CREATE TABLE \"{}\" (\"tenant_id\" TEXT NOT NULL", entity.table);
        for field in &entity.fields {
            let Some(column) = &field.column else { continue };
            let ty = match field.ty.storage() {
                Storage::Int | Storage::Decimal | Storage::Bool | Storage::Duration => "INTEGER",
                _ => "TEXT",
            };
            let null = if field.required { " NOT NULL" } else { "" };
            let _ = write!(out, ", \"{column}\" {ty}{null}");
        }
        out.push_str(", PRIMARY KEY (\"tenant_id\", \"id\")");
        for field in entity.fields.iter().filter(|f| f.ty.is_ref()) {
            let target = field.ty.target.as_deref().and_then(|t| bundle.entity(t)).expect("a target");
            let _ = write!(
                out,
                ", FOREIGN KEY (\"tenant_id\", \"{}\") REFERENCES \"{}\" (\"tenant_id\", \"id\")",
                field.column.as_deref().unwrap_or_default(),
                target.table
            );
        }
        out.push_str(") STRICT;\n");
        for unique in &entity.unique {
            let columns: Vec<_> = unique
                .fields
                .iter()
                .map(|name| entity.field(name).and_then(|f| f.column.as_deref()).expect("a column"))
                .map(|column| format!("\"{column}\""))
                .collect();
            let living = if entity.has(Trait::SoftDelete) { " WHERE \"deleted_at\" IS NULL" } else { "" };
            let _ = writeln!(
                out,
                "CREATE UNIQUE INDEX \"{}\" ON \"{}\" (\"tenant_id\", {}){living};",
                unique.constraint,
                entity.table,
                columns.join(", ")
            );
        }
    }
    out
}

struct BundleScope<'b> {
    bundle: &'b Bundle,
    this: String,
}

impl Names for BundleScope<'_> {
    fn this(&self) -> Option<&str> {
        Some(&self.this)
    }

    fn field(&self, entity: &str, name: &str) -> Option<Ty> {
        let field = self.bundle.entity(entity)?.field(name)?;
        let record = || Kind::Record(field.ty.target.clone().unwrap_or_default());
        let kind = if field.ty.is_children() {
            Kind::List(Box::new(Ty { kind: record(), nullable: false }))
        } else if field.ty.is_ref() {
            record()
        } else {
            kind_of(&field.ty)
        };
        Some(Ty { kind, nullable: !field.required && !field.ty.is_children() })
    }

    fn field_names(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn enum_values(&self, name: &str) -> Option<Vec<String>> {
        Some(self.bundle.enumeration(name)?.values.iter().map(|v| v.name.clone()).collect())
    }

    fn user(&self, name: &str) -> Option<Ty> {
        let known = self.bundle.package.user.iter().find(|attribute| attribute.name == name);
        known.map(|attribute| attribute.ty.clone())
    }
}

struct Nothing;

impl Names for Nothing {
    fn this(&self) -> Option<&str> {
        None
    }

    fn field(&self, _: &str, _: &str) -> Option<Ty> {
        None
    }

    fn field_names(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn enum_values(&self, _: &str) -> Option<Vec<String>> {
        None
    }

    fn user(&self, _: &str) -> Option<Ty> {
        None
    }
}
