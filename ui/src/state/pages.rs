//! Pages of results, pulled when a grid shows them.

use crate::cell::Page;
use sluice_api::{ApiError, PageRequest, ResultId};
use std::collections::BTreeMap;

/// Rows of one page.
pub const PAGE_ROWS: u32 = 200;
/// Pages asked for at the same time; the rest waits until it is still in view.
const IN_FLIGHT_MAX: usize = 6;
/// Bytes of decoded pages kept.
const BYTES_MAX: usize = 96 << 20;

enum Entry {
    Pending,
    Ready { page: Page, used: u64 },
    Failed(ApiError),
}

/// What is known of one row.
pub enum PageState<'a> {
    /// Its page is here; the number is the row inside the page.
    Ready(&'a Page, usize),
    /// Asked for, or about to be.
    Pending,
    /// The host refused the page.
    Failed(&'a ApiError),
}

/// Decoded pages by result and page number, least recently used ones are dropped.
#[derive(Default)]
pub struct PageCache {
    entries: BTreeMap<(ResultId, u64), Entry>,
    missing: Vec<(ResultId, u64)>,
    clock: u64,
}

impl PageCache {
    /// The row if its page is here; else its page is asked for.
    pub fn row(&mut self, result: ResultId, row: u64) -> PageState<'_> {
        let key = (result, row / u64::from(PAGE_ROWS));
        self.clock += 1;
        let clock = self.clock;
        if !self.entries.contains_key(&key) && !self.missing.contains(&key) {
            self.missing.push(key);
        }
        match self.entries.get_mut(&key) {
            Some(Entry::Ready { page, used }) => {
                *used = clock;
                let inside = usize::try_from(row % u64::from(PAGE_ROWS)).unwrap_or_default();
                if inside < page.rows() { PageState::Ready(page, inside) } else { PageState::Pending }
            }
            Some(Entry::Failed(error)) => PageState::Failed(error),
            Some(Entry::Pending) | None => PageState::Pending,
        }
    }

    /// The row if its page is here; asks for nothing.
    #[must_use]
    pub fn peek(&self, result: ResultId, row: u64) -> Option<(&Page, usize)> {
        let entry = self.entries.get(&(result, row / u64::from(PAGE_ROWS)))?;
        let Entry::Ready { page, .. } = entry else { return None };
        let inside = usize::try_from(row % u64::from(PAGE_ROWS)).ok()?;
        (inside < page.rows()).then_some((page, inside))
    }

    /// Pages to ask for now. Those that do not fit are forgotten until a grid shows them again.
    pub fn take_missing(&mut self) -> Vec<PageRequest> {
        let in_flight = self.entries.values().filter(|entry| matches!(entry, Entry::Pending)).count();
        let free = IN_FLIGHT_MAX.saturating_sub(in_flight);
        let mut missing = std::mem::take(&mut self.missing);
        missing.truncate(free);
        for key in &missing {
            self.entries.insert(*key, Entry::Pending);
        }
        missing
            .into_iter()
            .map(|(result, page)| PageRequest { result, first_row: page * u64::from(PAGE_ROWS), rows: PAGE_ROWS })
            .collect()
    }

    /// A page came.
    pub fn fill(&mut self, request: &PageRequest, answer: Result<Vec<u8>, ApiError>) {
        let key = (request.result, request.first_row / u64::from(PAGE_ROWS));
        if !self.entries.contains_key(&key) {
            return;
        }
        let entry = match answer.and_then(|bytes| Page::decode(&bytes)) {
            Ok(page) => Entry::Ready { page, used: self.clock },
            Err(error) => Entry::Failed(error),
        };
        self.entries.insert(key, entry);
        self.shrink();
    }

    /// Asks again for the pages of a result that failed.
    pub fn retry(&mut self, result: ResultId) {
        self.entries.retain(|(id, _), entry| *id != result || !matches!(entry, Entry::Failed(_)));
    }

    /// Forgets all pages of a result.
    pub fn forget(&mut self, result: ResultId) {
        self.entries.retain(|(id, _), _| *id != result);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.missing.clear();
    }

    /// Whether a page is under way.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.entries.values().any(|entry| matches!(entry, Entry::Pending))
    }

    fn shrink(&mut self) {
        loop {
            let ready = self.entries.iter().filter_map(|(key, entry)| match entry {
                Entry::Ready { page, used } => Some((*used, *key, page.bytes())),
                Entry::Pending | Entry::Failed(_) => None,
            });
            let (bytes, oldest) =
                ready.fold((0, None), |(bytes, oldest): (usize, Option<(u64, _)>), (used, key, size)| {
                    let older = oldest.is_none_or(|(least, _)| used < least);
                    (bytes + size, if older { Some((used, key)) } else { oldest })
                });
            match oldest {
                Some((_, key)) if bytes > BYTES_MAX => {
                    self.entries.remove(&key);
                }
                _ => return,
            }
        }
    }
}
