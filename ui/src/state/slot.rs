//! One remembered answer: the latest value, the latest error, and whether a request is under way.

use sluice_api::ApiError;
use std::collections::BTreeMap;

struct Slot<T> {
    value: Option<T>,
    error: Option<ApiError>,
    pending: u32,
    stale: bool,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: None, error: None, pending: 0, stale: false }
    }
}

/// What is known of a view now. Old content stays while a newer one is under way.
pub struct Got<'a, T> {
    /// Latest value.
    pub value: Option<&'a T>,
    /// Why the latest request failed; cleared by the next success.
    pub error: Option<&'a ApiError>,
    /// A request is under way.
    pub pending: bool,
}

impl<T> Clone for Got<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Got<'_, T> {}

/// Answers of one kind by key.
pub struct SlotMap<K, V> {
    slots: BTreeMap<K, Slot<V>>,
}

impl<K: Ord + Clone, V> Default for SlotMap<K, V> {
    fn default() -> Self {
        Self { slots: BTreeMap::new() }
    }
}

impl<K: Ord + Clone, V> SlotMap<K, V> {
    /// What is known under `key`.
    #[must_use]
    pub fn get(&self, key: &K) -> Got<'_, V> {
        match self.slots.get(key) {
            Some(slot) => Got { value: slot.value.as_ref(), error: slot.error.as_ref(), pending: slot.pending > 0 },
            None => Got { value: None, error: None, pending: false },
        }
    }

    /// Every value known.
    pub fn values(&self) -> impl Iterator<Item = (&K, &V)> {
        self.slots.iter().filter_map(|(key, slot)| slot.value.as_ref().map(|value| (key, value)))
    }

    /// Whether asking would bring something new: nothing known and nothing under way, or stale.
    #[must_use]
    pub fn wants(&self, key: &K) -> bool {
        self.slots
            .get(key)
            .is_none_or(|slot| slot.pending == 0 && (slot.stale || (slot.value.is_none() && slot.error.is_none())))
    }

    /// A request under `key` was sent.
    pub fn begin(&mut self, key: &K) {
        let slot = self.slots.entry(key.clone()).or_default();
        slot.pending += 1;
        slot.stale = false;
    }

    /// Its answer came. Returns the value it replaces.
    pub fn fill(&mut self, key: &K, answer: Result<V, ApiError>) -> Option<V> {
        let slot = self.slots.entry(key.clone()).or_default();
        slot.pending = slot.pending.saturating_sub(1);
        match answer {
            Ok(value) => {
                slot.error = None;
                slot.value.replace(value)
            }
            Err(error) => {
                slot.error = Some(error);
                None
            }
        }
    }

    /// Something else brought its answer.
    pub fn put(&mut self, key: &K, value: V) {
        let slot = self.slots.entry(key.clone()).or_default();
        slot.error = None;
        slot.value = Some(value);
    }

    /// Everything known may be out of date; it stays visible until asked again.
    pub fn mark_stale(&mut self) {
        for slot in self.slots.values_mut() {
            slot.stale = true;
        }
    }

    /// Whether any request is under way.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.slots.values().any(|slot| slot.pending > 0)
    }
}
