//! The answers to requests of one type, among those of all types.

use super::SlotMap;
use sluice_api::{Ask, Kind};
use std::any::Any;

/// What can be done with the answers of a type without knowing it.
pub(super) trait AnySlots {
    /// What requests of this type do to the lake.
    fn kind(&self) -> Kind;
    /// Their answers may be out of date.
    fn mark_stale(&mut self);
    /// One of them is under way.
    fn is_pending(&self) -> bool;
    /// For the type's own use.
    fn as_any(&self) -> &dyn Any;
    /// The same, to change it.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// The answers to requests of type `R` by their key.
pub(super) struct Slots<R: Ask> {
    pub(super) answers: SlotMap<R::Key, R::Reply>,
}

impl<R: Ask> Default for Slots<R> {
    fn default() -> Self {
        Self { answers: SlotMap::default() }
    }
}

impl<R: Ask> AnySlots for Slots<R> {
    fn kind(&self) -> Kind {
        R::KIND
    }

    fn mark_stale(&mut self) {
        self.answers.mark_stale();
    }

    fn is_pending(&self) -> bool {
        self.answers.is_pending()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
