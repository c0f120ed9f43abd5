//! The model that is served: the bundle of a verified build with ids, indexes and policies. Facts, no decisions.
//!
//! After loading, nothing is looked up by name but what a client wrote.

use std::collections::{BTreeSet, HashMap};

use athyper_policy::{Guards, Rules};
use athyper_schemas::bundle::{
    self, ANONYMOUS, Bundle, EVERYBODY, Package, Policy, SYSTEM, System, UserAttribute,
};
use athyper_schemas::canonical::Hash;
use athyper_schemas::dialect::Dialect;
use athyper_schemas::field_types::Storage;
use smol_str::SmolStr;

use crate::config::Rls;
use crate::draft::behaviour::Behaviours;
use crate::policy::Decided;
use crate::value::rules::FieldRules;

mod folder;
mod index;
mod layout;

pub use folder::{Build, LoadError};
pub use layout::RecordLayout;

/// An entity of one [`Catalog`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(u32);

impl EntityId {
    /// Its place in [`Catalog::entities`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A field of one [`Entity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(u32);

impl FieldId {
    /// Its place among the fields of its entity, and in every record by field index.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The model of one package. Made from a verified build, never changed.
#[derive(Debug)]
pub struct Catalog {
    identity: Hash,
    package: Package,
    entities: Vec<Entity>,
    enums: Vec<bundle::Enum>,
    by_name: HashMap<SmolStr, EntityId>,
    by_url: HashMap<SmolStr, EntityId>,
    behaviours: Behaviours,
    decided: Decided,
    dialect: Dialect,
    rls: Rls,
}

impl Catalog {
    /// What the database speaks that it is served from.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What row level security holds those to who read it.
    #[must_use]
    pub fn rls(&self) -> Rls {
        self.rls
    }

    /// The same model for another database.
    fn on(mut self, dialect: Dialect, rls: Rls) -> Self {
        self.dialect = dialect;
        self.rls = rls;
        for entity in &mut self.entities {
            entity.dialect = dialect;
        }
        self
    }

    /// What the entities do by themselves when a record is written.
    #[must_use]
    pub fn behaviours(&self) -> &Behaviours {
        &self.behaviours
    }

    /// The hash of the build: two catalogs with one identity are the same model.
    #[must_use]
    pub fn identity(&self) -> &Hash {
        &self.identity
    }

    /// Facts about the package as a whole.
    #[must_use]
    pub fn package(&self) -> &Package {
        &self.package
    }

    /// Every entity, owned children included, sorted by name.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// The entity with this id.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "an id is only made while its catalog is built")]
    pub fn entity(&self, id: EntityId) -> &Entity {
        &self.entities[id.0 as usize]
    }

    /// The entity whose policy governs records of `entity`: its outermost owner, or itself.
    #[must_use]
    pub fn top<'c>(&'c self, entity: &'c Entity) -> &'c Entity {
        let mut top = entity;
        while let Some(owner) = top.owner() {
            top = self.entity(owner);
        }
        top
    }

    /// The entity with this qualified name, `module.Name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Entity> {
        self.by_name.get(name).map(|id| self.entity(*id))
    }

    /// The entity served under `/api/data/<url>`; owned children have no address.
    #[must_use]
    pub fn at_url(&self, url: &str) -> Option<&Entity> {
        self.by_url.get(url).map(|id| self.entity(*id))
    }

    /// What is known of a caller, in the order in which programs and principals hold it.
    #[must_use]
    pub fn attributes(&self) -> &[UserAttribute] {
        &self.package.user
    }

    /// What was decided about the callers of each capacity that asked.
    pub(crate) fn decided(&self) -> &Decided {
        &self.decided
    }

    /// Every role that some rule speaks to, sorted; the reserved ones are not among them.
    #[must_use]
    pub fn roles(&self) -> BTreeSet<SmolStr> {
        let policies = || self.entities.iter().flat_map(|entity| &entity.policies);
        let rules = policies().flat_map(|policy| &policy.rules).flat_map(|rule| &rule.to);
        let fields = policies().flat_map(|policy| &policy.fields);
        let grants = fields.flat_map(|field| field.read.iter().chain(&field.update)).flat_map(|g| &g.to);
        let roles = rules.chain(grants).map(|grantee| SmolStr::new(&grantee.role));
        roles.filter(|role| ![EVERYBODY, ANONYMOUS, SYSTEM].contains(&role.as_str())).collect()
    }

    /// The enum with this qualified name.
    #[must_use]
    pub fn enumeration(&self, name: &str) -> Option<&bundle::Enum> {
        self.enums.binary_search_by(|e| e.name.as_str().cmp(name)).ok().and_then(|i| self.enums.get(i))
    }

    /// Every enum, sorted by name.
    #[must_use]
    pub fn enums(&self) -> &[bundle::Enum] {
        &self.enums
    }

    /// Builds the catalog of a bundle.
    ///
    /// # Errors
    /// [`LoadError::Broken`] when the bundle does not fit together.
    pub fn from_bundle(bundle: Bundle, identity: Hash) -> Result<Self, LoadError> {
        index::build(bundle, identity)
    }
}

/// An entity with its fields, what points where, and who may do what.
#[derive(Debug)]
pub struct Entity {
    id: EntityId,
    def: bundle::Entity,
    fields: Vec<Field>,
    by_name: HashMap<SmolStr, FieldId>,
    by_column: HashMap<SmolStr, FieldId>,
    owner: Option<EntityId>,
    referrers: Vec<(EntityId, FieldId)>,
    answerable: FieldSet,
    policies: Vec<Policy>,
    rules: Rules,
    dialect: Dialect,
    guards: Guards,
}

impl Entity {
    /// What the database speaks that holds its table.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> EntityId {
        self.id
    }

    /// As compiled: label, traits, checks, numbering and the rest.
    #[must_use]
    pub fn def(&self) -> &bundle::Entity {
        &self.def
    }

    /// `module.Name`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.def.name
    }

    /// The table name, not quoted.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.def.table
    }

    /// Every field: system fields first, then the declared ones as written.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field with this id.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "an id is only made while its entity is built")]
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[id.0 as usize]
    }

    /// The field with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).map(|id| self.field(*id))
    }

    /// The field stored in this column.
    #[must_use]
    pub fn stored_in(&self, column: &str) -> Option<&Field> {
        self.by_column.get(column).map(|id| self.field(*id))
    }

    /// The field the runtime keeps for this purpose, if the entity has it.
    #[must_use]
    pub fn system(&self, purpose: System) -> Option<&Field> {
        self.fields.iter().find(|f| f.def.system == Some(purpose))
    }

    /// Whether its records are owned children.
    #[must_use]
    pub fn is_owned(&self) -> bool {
        self.owner.is_some()
    }

    /// The owning entity of owned children.
    #[must_use]
    pub fn owner(&self) -> Option<EntityId> {
        self.owner
    }

    /// Every reference field in the catalog that points here.
    #[must_use]
    pub fn referrers(&self) -> &[(EntityId, FieldId)] {
        &self.referrers
    }

    /// The fields an answer may show.
    #[must_use]
    pub fn answerable(&self) -> &FieldSet {
        &self.answerable
    }

    /// The policies about it, by name; owned children follow their owner's, and have at most rules about fields.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The same policies compiled for the evaluator, over a record by field index.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Their rules about single fields, compiled likewise.
    #[must_use]
    pub fn guards(&self) -> &Guards {
        &self.guards
    }
}

/// A field and where it points.
#[derive(Debug)]
pub struct Field {
    id: FieldId,
    def: bundle::Field,
    key: Box<str>,
    storage: Storage,
    target: Option<EntityId>,
    rules: FieldRules,
}

impl Field {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> FieldId {
        self.id
    }

    /// As compiled: type, limits, default and the rest.
    #[must_use]
    pub fn def(&self) -> &bundle::Field {
        &self.def
    }

    /// The name in JSON, URLs and expressions.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.def.name
    }

    /// `"name":`, as it stands in an object of JSON.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How its values are stored.
    #[must_use]
    pub fn storage(&self) -> Storage {
        self.storage
    }

    /// The column; children and fields computed by each read have none.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        self.def.column.as_deref()
    }

    /// The entity a reference points to.
    #[must_use]
    pub fn reference(&self) -> Option<EntityId> {
        self.target.filter(|_| self.storage != Storage::Children)
    }

    /// The entity of owned children.
    #[must_use]
    pub fn children(&self) -> Option<EntityId> {
        self.target.filter(|_| self.storage == Storage::Children)
    }

    /// What values it accepts.
    #[must_use]
    pub fn rules(&self) -> &FieldRules {
        &self.rules
    }

    /// Digits behind the point of a decimal, otherwise 0.
    #[must_use]
    pub fn scale(&self) -> u8 {
        self.def.ty.scale.unwrap_or(0)
    }
}

/// A set of fields of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSet(Box<[bool]>);

impl FieldSet {
    /// Those of `entity` of which this holds.
    pub(crate) fn of(entity: &Entity, holds: impl Fn(&Field) -> bool) -> Self {
        Self(entity.fields.iter().map(holds).collect())
    }

    /// Whether the field is in the set.
    #[must_use]
    pub fn contains(&self, field: FieldId) -> bool {
        self.0.get(field.0 as usize).copied().unwrap_or(false)
    }
}
