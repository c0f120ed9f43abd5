//! A list whose places are typed ids: an id of entities cannot be used on enums.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// The place of a `T` in its list.
pub struct Id<T> {
    place: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The id of the `place`th value, from 0.
    #[must_use]
    pub fn new(place: usize) -> Self {
        Self { place: u32::try_from(place).unwrap_or(u32::MAX), of: PhantomData }
    }

    /// Its place, from 0.
    #[must_use]
    pub const fn place(self) -> usize {
        self.place as usize
    }
}

/// Values of one kind, found by their [`Id`].
#[derive(Debug, Clone)]
pub struct Arena<T> {
    values: Vec<T>,
}

impl<T> Arena<T> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Adds a value at the end.
    pub fn push(&mut self, value: T) -> Id<T> {
        self.values.push(value);
        Id::new(self.values.len() - 1)
    }

    /// The values in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.values.iter()
    }

    /// The ids in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = Id<T>> + use<T> {
        (0..self.values.len()).map(Id::new)
    }

    /// The ids with their values, in order.
    pub fn enumerate(&self) -> impl DoubleEndedIterator<Item = (Id<T>, &T)> {
        self.values.iter().enumerate().map(|(place, value)| (Id::new(place), value))
    }

    /// Finds a value in a list that is sorted by `compare`.
    pub fn binary_search_by(&self, compare: impl FnMut(&T) -> Ordering) -> Option<Id<T>> {
        self.values.binary_search_by(compare).ok().map(Id::new)
    }
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

impl<T> FromIterator<T> for Arena<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self { values: values.into_iter().collect() }
    }
}

impl<'a, T> IntoIterator for &'a Arena<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter()
    }
}

impl<T> Index<Id<T>> for Arena<T> {
    type Output = T;

    #[expect(clippy::indexing_slicing, reason = "an id is made from a place in the arena it is used on")]
    fn index(&self, id: Id<T>) -> &T {
        &self.values[id.place()]
    }
}

impl<T> IndexMut<Id<T>> for Arena<T> {
    #[expect(clippy::indexing_slicing, reason = "an id is made from a place in the arena it is used on")]
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        &mut self.values[id.place()]
    }
}

// Derives would ask the same of `T`, which an id does not hold.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place.cmp(&other.place)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.place.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.place)
    }
}
