//! The way to a file: the fields in which its caller could see it.

use athyper_schemas::bundle::Action;

use crate::catalog::{Field, FieldId};
use crate::policy::{self, Access, Sight};
use crate::who::{Principal, Scope};

/// How a file is looked for: in which places its caller could see it.
#[derive(Debug)]
pub struct FilePlan {
    places: Vec<Place>,
}

/// A field that can hold a file: the lists of owned children that lead to it from a record, and itself at the end.
pub type Place = Vec<(Access, FieldId)>;

/// Plans to look for a file.
#[must_use]
pub fn file(scope: &Scope, principal: &Principal) -> FilePlan {
    let mut places = Vec::new();
    for entity in scope.catalog().entities().iter().filter(|entity| !entity.is_owned()) {
        if let Ok(access) = policy::decide(scope, principal, entity.id(), Action::Read) {
            below(&access, &mut Vec::new(), &mut places);
        }
    }
    FilePlan { places }
}

/// Adds the places in records of this access and in their owned children.
fn below(access: &Access, above: &mut Place, places: &mut Vec<Place>) {
    for field in access.entity().fields() {
        let may_show = matches!(access.sight(field.id()), Sight::Whole | Sight::Where(..));
        let children = access.children(field.id());
        if !may_show || !(holds_files(field) || children.is_some()) {
            continue;
        }
        above.push((access.clone(), field.id()));
        match children {
            Some(children) => below(&children, above, places),
            None => places.push(above.clone()),
        }
        above.pop();
    }
}

/// Whether the values of a field are files.
#[must_use]
pub fn holds_files(field: &Field) -> bool {
    matches!(field.def().ty.name.as_str(), "file" | "image")
}

impl FilePlan {
    /// By which right, if there is a place.
    #[must_use]
    pub fn access(&self) -> Option<&Access> {
        self.places.first().and_then(|place| place.first()).map(|(access, _)| access)
    }

    /// Where he could see it.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }
}
