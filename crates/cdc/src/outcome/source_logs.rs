//! Of which logs of which servers the events of a stream are. Positions of two logs cannot be compared.

use std::collections::BTreeMap;

/// Logs that are counted by name; those after them are counted together.
const LOGS_MAX: usize = 100;
/// The name under which they are.
const OTHERS: &str = "others";

/// What a record says of its log: the name of its server, and what tells two servers of one name apart.
pub(crate) type LogParts<'a> = [Option<&'a str>; 2];

/// Counts events by their log.
#[derive(Debug, Default)]
pub(crate) struct SourceLogs {
    // Nearly always one.
    known: Vec<([Option<String>; 2], u64)>,
    last: usize,
    others: u64,
}

impl SourceLogs {
    /// Counts an event; one that does not name its server says nothing.
    pub(crate) fn note(&mut self, parts: LogParts<'_>) {
        if parts.iter().all(Option::is_none) {
            return;
        }
        let is = |known: &([Option<String>; 2], u64)| {
            known.0.iter().zip(parts).all(|(known, part)| known.as_deref() == part)
        };
        if !self.known.get(self.last).is_some_and(is) {
            self.last = match self.known.iter().position(is) {
                Some(position) => position,
                None if self.known.len() < LOGS_MAX => {
                    self.known.push((parts.map(|part| part.map(str::to_owned)), 0));
                    self.known.len() - 1
                }
                None => {
                    self.others += 1;
                    return;
                }
            };
        }
        if let Some((_, count)) = self.known.get_mut(self.last) {
            *count += 1;
        }
    }

    /// Events by log, in words.
    pub(crate) fn counts(self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for ([name, id], count) in self.known {
            let words = match (name, id) {
                (Some(name), Some(id)) => format!("{name} ({id})"),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => continue,
            };
            *counts.entry(words).or_default() += count;
        }
        if self.others > 0 {
            counts.insert(OTHERS.to_owned(), self.others);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::SourceLogs;

    #[test]
    fn events_are_counted_by_server_and_what_tells_it_apart() {
        let mut logs = SourceLogs::default();
        for parts in [
            [Some("shop"), None],
            [Some("shop"), Some("server_id 2")],
            [Some("shop"), None],
            [None, None],
            [Some("crm"), None],
        ] {
            logs.note(parts);
        }
        let counts: Vec<(String, u64)> = logs.counts().into_iter().collect();
        assert_eq!(counts, [("crm".to_owned(), 1), ("shop".to_owned(), 2), ("shop (server_id 2)".to_owned(), 1)]);
    }
}
