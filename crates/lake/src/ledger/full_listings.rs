//! When this machine last listed everything of a source and took what it found.
//!
//! Kept in the local cache: where it is missing, everything is listed again.

use crate::cache::cached_file::place;
use crate::ledger::registry::{FullListing, Ledger};
use sluice_contract::{TableName, limits};
use std::sync::PoisonError;

impl Ledger {
    /// Milliseconds since 1970, by the clock of the lake.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Whether everything of a source has to be listed: nobody did for [`limits::FULL_LISTING_MILLISECONDS`], or it is
    /// not known.
    #[must_use]
    pub fn is_full_listing_due(&self, table: &TableName, source: &str) -> bool {
        let known = self.known.full_listings.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned();
        let path = || self.cache_paths.full_listing(table);
        let known = known.or_else(|| serde_json::from_slice(&std::fs::read(path()?).ok()?).ok());
        let is_of = |listing: &FullListing| listing.source == source && listing.url == self.objects.url();
        let age = known.filter(is_of).map(|listing| self.now_ms().saturating_sub(listing.at_ms));
        !age.is_some_and(|age| (0..limits::FULL_LISTING_MILLISECONDS).contains(&age))
    }

    /// Remembers that everything of a source was listed from `at_ms` on, and that every file that was found is claimed.
    pub fn record_full_listing(&self, table: &TableName, source: &str, at_ms: i64) {
        let listing = FullListing { url: self.objects.url().to_owned(), source: source.to_owned(), at_ms };
        if let Some(path) = self.cache_paths.full_listing(table)
            && let Ok(text) = serde_json::to_vec(&listing)
        {
            // A cache: without it the next process lists everything.
            let _ = place(&path, &text);
        }
        self.known.full_listings.lock().unwrap_or_else(PoisonError::into_inner).insert(table.clone(), listing);
    }
}
