//! Transactions whose events have gaps in their numbers.

use super::found::{Found, Place};
use sluice_api::FindingCode;
use std::collections::{HashMap, VecDeque};

/// Transactions that are remembered at a time.
const OPEN_MAX: usize = 100_000;
/// Places kept until all is read.
const KEPT: usize = 20;

#[derive(Debug)]
struct Seen {
    lowest: u64,
    highest: u64,
    count: u64,
    bits: Vec<u64>,
    place: Place,
    record: String,
}

/// What is kept of transactions.
#[derive(Debug, Default)]
pub(crate) struct Transactions {
    open: HashMap<String, Seen>,
    order: VecDeque<String>,
    ended: u64,
    incomplete: u64,
    examples: Vec<(Place, u64, String)>,
    /// The feed may begin inside of one.
    first: Option<String>,
}

impl Transactions {
    /// An event's transaction and its place among the table's events in it, from 1.
    pub(crate) fn event(&mut self, id: &str, order: u64, place: Place, record: &str) {
        if order == 0 {
            return;
        }
        if self.first.is_none() {
            self.first = Some(id.to_owned());
        }
        if !self.open.contains_key(id) {
            if self.order.len() >= OPEN_MAX
                && let Some(oldest) = self.order.pop_front()
                && let Some(seen) = self.open.remove(&oldest)
            {
                self.end(&oldest, seen);
            }
            self.order.push_back(id.to_owned());
            let (lowest, highest, count, bits) = (order, 0, 0, Vec::new());
            self.open.insert(id.to_owned(), Seen { lowest, highest, count, bits, place, record: record.to_owned() });
        }
        let Some(seen) = self.open.get_mut(id) else { return };
        let (word, bit) = (usize::try_from(order / 64).unwrap_or(usize::MAX), order % 64);
        // A number that no transaction has would be a mistake of its own.
        if word > (1 << 20) {
            return;
        }
        if seen.bits.len() <= word {
            seen.bits.resize(word + 1, 0);
        }
        let is_new = seen.bits[word] & (1 << bit) == 0;
        seen.bits[word] |= 1 << bit;
        seen.count += u64::from(is_new);
        seen.lowest = seen.lowest.min(order);
        seen.highest = seen.highest.max(order);
    }

    fn end(&mut self, id: &str, seen: Seen) {
        self.ended += 1;
        let begins = if self.first.as_deref() == Some(id) { seen.lowest } else { 1 };
        let missing = (seen.highest + 1).saturating_sub(begins).saturating_sub(seen.count);
        if missing == 0 {
            return;
        }
        self.incomplete += 1;
        if self.examples.len() < KEPT {
            self.examples.push((seen.place, missing, seen.record));
        }
    }

    /// `unknown`: records in quarantine whose transaction is not known.
    pub(crate) fn finish(mut self, found: &mut Found, unknown: u64) {
        while let Some(oldest) = self.order.pop_front() {
            if let Some(seen) = self.open.remove(&oldest) {
                self.end(&oldest, seen);
            }
        }
        let code = FindingCode::TransactionIncomplete;
        if self.ended == 0 {
            found.not_run.insert(code.check(), "the records do not number the events of their transactions".to_owned());
        } else if self.incomplete * 5 > self.ended && self.ended >= 10 {
            let because = "the feed has only a part of most transactions, so it is one partition or a filtered one";
            found.not_run.insert(code.check(), because.to_owned());
        } else if self.incomplete > unknown {
            let rest = self.incomplete - self.examples.len() as u64;
            let last = self.examples.last().cloned();
            for (place, missing, record) in self.examples {
                found.note(code, place, format!("{missing} events of its transaction are missing"), &record);
            }
            if let Some((place, _, record)) = last.filter(|_| rest > 0) {
                found.note_many(code, place, rest, "events of its transaction are missing", &record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Transactions;
    use crate::doctor::{Found, Place};
    use sluice_api::FindingCode;
    use sluice_contract::Contract;
    use std::sync::Arc;

    fn incomplete(events: &[(&str, u64)]) -> bool {
        let text = "dataset: a.b\nschema:\n- {name: id, type: int, primary_key: true}\n";
        let mut found = Found::new(Arc::new(Contract::parse(text, "b.yaml").unwrap()));
        let mut transactions = Transactions::default();
        for (id, order) in events {
            transactions.event(id, *order, Place { file: 0, record: None }, "");
        }
        transactions.finish(&mut found, 0);
        found.has(FindingCode::TransactionIncomplete)
    }

    #[test]
    fn only_a_gap_is_one() {
        // Split over files, delivered again, out of order, begun before the feed.
        assert!(!incomplete(&[("a", 3), ("a", 4), ("b", 1), ("b", 2), ("c", 1), ("b", 1), ("b", 2)]));
        assert!(!incomplete(&[("a", 1), ("b", 3), ("b", 1), ("b", 2)]));
        assert!(incomplete(&[("a", 1), ("b", 1), ("b", 3), ("c", 1)]));
        assert!(incomplete(&[("a", 1), ("b", 2), ("c", 1)]));
    }
}
