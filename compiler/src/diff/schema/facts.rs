//! The table of facts about changes: how much each can hurt, why, and what the data needs. The manual shows it.

use serde::Serialize;

/// How much a change can hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// What worked before is refused, or means something else.
    Breaking,
    /// It depends on who calls, or on what is stored.
    Risky,
    /// Everybody who worked before works.
    Safe,
}

impl Class {
    /// As said to people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Risky => "risky",
            Self::Safe => "safe",
        }
    }
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The name of the kind of change.
    pub name: &'static str,
    /// How much it can hurt.
    pub class: Class,
    /// Why.
    pub why: &'static str,
    /// What stored data needs; empty when nothing.
    pub data: &'static str,
}

macro_rules! table {
    ($($kind:ident $class:ident $name:literal $why:literal $data:literal)*) => {
        /// The kinds of change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind { $($kind),* }

        impl Kind {
            /// Its row.
            pub(super) const fn facts(self) -> Facts {
                match self {
                    $(Self::$kind => Facts { name: $name, class: Class::$class, why: $why, data: $data }),*
                }
            }
        }

        /// Every row, in the order of the manual.
        pub const TABLE: &[Facts] = &[$(Kind::$kind.facts()),*];
    };
}

table! {
    EntityRemoved Breaking "entity removed" "requests to it get 404" "its records are lost"
    EntityAdded Safe "entity added" "nobody asked for it before" ""
    EntityRenamed Breaking "entity renamed" "its address and its name in answers change" "kept under the new name"
    UrlChanged Breaking "address changed" "requests to the old one get 404" ""
    OwnerChanged Breaking "owner changed" "it is written, and allowed, through somebody else" "records need a new owner, or lose theirs"
    ClassChanged Risky "class changed" "the actions of documents come or go" ""
    TraitAdded Risky "trait added" "deletes, periods or parents behave as the trait says" "rows get its columns"
    TraitRemoved Breaking "trait removed" "its fields and behaviour are gone" "its columns are lost; softly deleted records come back"
    NaturalKeyChanged Risky "key changed" "imports find other records by it" ""
    NumberingChanged Risky "numbering changed" "new records get numbers of another form" "numbers given before stay"
    SearchChanged Safe "search changed" "the same request looks into other fields" ""
    FieldRemoved Breaking "field removed" "requests that name it are refused" "its values are lost"
    FieldAdded Safe "field added" "who does not know it need not send it" ""
    RequiredFieldAdded Breaking "required field added" "a create without it is refused" "stored records need a value before the change"
    RequiredFieldWithDefaultAdded Safe "required field with a default added" "a create without it gets the default" "stored records get the default"
    FieldRenamed Breaking "field renamed" "requests that use the old name are refused" "kept under the new name"
    TypeChanged Breaking "type changed" "values of the old form are refused, answers have another form" "stored values must be converted"
    Narrowed Breaking "limit narrowed" "values that were accepted are refused" "stored values outside must be mended"
    Widened Safe "limit widened" "every value that was accepted still is" ""
    PatternChanged Risky "pattern changed" "other values are accepted than before" "stored values may no longer fit"
    BecameRequired Breaking "became required" "a create without it, and null, are refused" "stored nulls need a value"
    BecameOptional Risky "became optional" "answers can hold null" ""
    DefaultAdded Safe "default added" "only a create that left it out notices" ""
    DefaultChanged Risky "default changed" "a create that leaves it out stores another value" "stored values stay"
    DefaultRemoved Risky "default removed" "a create that leaves it out stores null" ""
    RequiredDefaultRemoved Breaking "default of a required field removed" "a create that leaves it out is refused" ""
    BecameComputed Breaking "became computed" "requests that send it are refused" "stored values are replaced"
    ComputedChanged Risky "computed otherwise" "the same record shows another value" "stored values must be computed again"
    NoLongerComputed Risky "no longer computed" "nobody fills it but who sends it" "the last values stay when they were stored"
    CopyChanged Risky "copied otherwise" "new records get the value from elsewhere" "values copied before stay"
    OnDeleteChanged Risky "on_delete changed" "deletes of the target reach further, or are refused" ""
    EnumRemoved Risky "enum removed" "clients with its values have no use for them" ""
    EnumAdded Safe "enum added" "nobody asked for it before" ""
    EnumValueRemoved Breaking "enum value removed" "requests that send it are refused" "records that hold it need another"
    EnumValueAdded Risky "enum value added" "clients meet a value they do not know" ""
    CheckAdded Breaking "check added" "writes that were accepted are refused" "records that break it must be mended"
    CheckChanged Risky "check changed" "other writes are refused than before" "records that break it must be mended"
    CheckRemoved Safe "check removed" "every write that was accepted still is" ""
    UniqueAdded Breaking "unique added" "a second record with the same values is refused" "duplicates must be merged"
    UniqueRemoved Risky "unique removed" "who relied on it meets duplicates" ""
    IndexAdded Safe "index added" "lists only get faster" "made while the table is in use, or locked"
    IndexRemoved Risky "index removed" "lists by it can become slow" ""
    MessageChanged Safe "message of a rule changed" "the same is refused, in other words" ""
    ObligationChanged Safe "obligation of a rule changed" "the same is decided; who decides by it is told to do something else" ""
    OutputChanged Safe "output of a rule changed" "the same is decided; another value goes back with it" ""
    PackageRenamed Breaking "package renamed" "every entity is another one: nothing answers under the old addresses" "nothing is carried over"
    RequiredAttributeAdded Breaking "required attribute of callers added" "tokens without its claim are refused" ""
    AttributeAdded Safe "attribute of callers added" "tokens without its claim are still good" ""
    AttributeRemoved Safe "attribute of callers removed" "its claim is no longer read" ""
    AttributeChanged Breaking "attribute of callers changed" "tokens in the old form are refused, or fill it otherwise: rules match other people" ""
    AttributeBecameRequired Breaking "attribute of callers became required" "tokens without its claim are refused" ""
    DialectRemoved Breaking "database removed" "nothing is served from it any more" "move to another before"
    DialectAdded Safe "database added" "the others stay" ""
}
