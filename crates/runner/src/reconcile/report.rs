//! What was found, in words and as rows.

use super::arrival::{Positions, ReadPosition};
use super::compare::{Comparison, Difference};
use super::read::Sides;
use super::silver_rows::seq_at;
use crate::RunError;
use crate::support::column_texts::ColumnTexts;
use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow::compute::{concat, take};
use sluice_api::{Arrival, DifferingCell, DifferingKey, ReconcileCounts, masked};
use sluice_change::EventSeq;
use sluice_contract::{Contract, limits};
use std::sync::Arc;

/// Two sides compared, with what is known of each row that differs.
pub(crate) struct Found {
    pub(crate) sides: Sides,
    pub(crate) comparison: Comparison,
    /// Of each difference.
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) positions: Positions,
}

/// Differences by what is known of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) counts: ReconcileCounts,
    pub(crate) not_arrived: u64,
    pub(crate) newer_in_silver: u64,
    pub(crate) unknown: u64,
}

impl Found {
    /// Says of each difference what is known of it.
    ///
    /// # Errors
    /// If silver lacks its own columns.
    pub(crate) fn new(sides: Sides, comparison: Comparison, positions: Positions) -> Result<Self, RunError> {
        let mut found = Self { sides, comparison, arrivals: Vec::new(), positions };
        let arrival = |difference: &Difference| {
            let committed = &found.sides.source.committed_ms;
            let committed = difference.source.and_then(|row| committed.get(row).copied().flatten());
            let in_silver = found.seq_in_silver(difference);
            found.positions.of_row(in_silver.as_ref(), committed, difference.silver.is_none())
        };
        found.arrivals = found.comparison.differences.iter().map(arrival).collect();
        Ok(found)
    }

    /// The sequence of the row in silver.
    pub(crate) fn seq_in_silver(&self, difference: &Difference) -> Option<EventSeq> {
        seq_at(&self.sides.silver, difference.silver?)
    }

    /// Differences with what is known of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Difference, Arrival)> {
        self.comparison.differences.iter().zip(self.arrivals.iter().copied())
    }

    /// Counts.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for (difference, arrival) in self.all() {
            match arrival {
                Arrival::NotArrived => tally.not_arrived += 1,
                Arrival::NewerInSilver => tally.newer_in_silver += 1,
                Arrival::Fault | Arrival::Unknown => {
                    tally.unknown += u64::from(arrival == Arrival::Unknown);
                    match kind(difference) {
                        Kind::Missing => tally.counts.missing += 1,
                        Kind::Surplus => tally.counts.surplus += 1,
                        Kind::Different => tally.counts.different += 1,
                    }
                }
            }
        }
        tally
    }

    /// Columns by the rows in which they differ, most first.
    pub(crate) fn columns(&self) -> Vec<(String, u64)> {
        let mut counts: Vec<(String, u64)> = self.comparison.columns.iter().map(|name| (name.clone(), 0)).collect();
        for (difference, _) in self.all().filter(|(_, arrival)| arrival.may_be_fault()) {
            for at in &difference.columns {
                if let Some((_, count)) = counts.get_mut(*at) {
                    *count += 1;
                }
            }
        }
        counts.retain(|(_, count)| *count > 0);
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// The first differences by their keys; `is_personal`: whether the values of a column are masked.
    ///
    /// # Errors
    /// If a value has no text.
    pub(crate) fn keys(
        &self,
        contract: &Contract,
        is_personal: impl Fn(&str) -> bool,
    ) -> Result<Vec<DifferingKey>, RunError> {
        let keys = self.key_columns(contract)?;
        let texts = keys.iter().map(|(_, column)| ColumnTexts::of(column)).collect::<Result<Vec<_>, _>>()?;
        let mut shown = Vec::new();
        let is_masked = contract.apply.key.iter().any(|name| is_personal(name));
        for (row, (difference, arrival)) in self.all().take(limits::RECONCILE_KEYS_SHOWN).enumerate() {
            let text = |(name, texts): (&String, &ColumnTexts<'_>)| {
                let text = texts.text(row).unwrap_or_default();
                (name.clone(), if is_personal(name) { masked(&text) } else { text })
            };
            let key: Vec<(String, String)> = contract.apply.key.iter().zip(&texts).map(text).collect();
            let explain = (!is_masked).then(|| explain_line(contract, &key));
            let is_both = kind(difference) == Kind::Different;
            let every: Vec<usize> = (0..self.comparison.columns.len()).collect();
            let chosen = if is_both { &difference.columns } else { &every };
            let mut cells = Vec::new();
            for name in chosen.iter().filter_map(|at| self.comparison.columns.get(*at)) {
                let text = |rows: &RecordBatch, at: Option<usize>| -> Result<Option<String>, RunError> {
                    let (Some(column), Some(at)) = (rows.column_by_name(name), at) else { return Ok(None) };
                    let text = ColumnTexts::of(column)?.text(at);
                    Ok(if is_personal(name) { text.map(|text| masked(&text)) } else { text })
                };
                let source = text(&self.sides.source.rows, difference.source)?;
                let silver = text(&self.sides.silver, difference.silver)?;
                if is_both || source.is_some() || silver.is_some() {
                    cells.push(DifferingCell { column: name.clone(), source, silver });
                }
            }
            let columns =
                difference.columns.iter().filter_map(|at| self.comparison.columns.get(*at).cloned()).collect();
            let difference = kind(difference).word().to_owned();
            shown.push(DifferingKey { difference, arrival, key, columns, cells, explain });
        }
        Ok(shown)
    }

    /// The key columns of the differences, in their order.
    ///
    /// # Errors
    /// If a side lacks one.
    pub(crate) fn key_columns(&self, contract: &Contract) -> Result<Vec<(String, ArrayRef)>, RunError> {
        let before = self.sides.source.rows.num_rows();
        let at = |difference: &Difference| match (difference.source, difference.silver) {
            (Some(row), _) => Some(row as u64),
            (None, Some(row)) => Some((before + row) as u64),
            (None, None) => None,
        };
        let places: UInt64Array = self.comparison.differences.iter().map(at).collect();
        let column = |name: &String| {
            let both = [&self.sides.source.rows, &self.sides.silver].map(|rows| rows.column_by_name(name));
            let [Some(source), Some(silver)] = both else {
                return Err(RunError::Internal(format!("no key column {name}")));
            };
            Ok((name.clone(), take(&concat(&[source, silver])?, &places, None)?))
        };
        contract.apply.key.iter().map(column).collect()
    }

    /// The differences as rows; `None` if there are none.
    ///
    /// # Errors
    /// If columns do not fit together, which would be a bug.
    pub(crate) fn rows(&self, contract: &Contract) -> Result<Option<RecordBatch>, RunError> {
        let shown = self.comparison.differences.len().min(limits::RECONCILE_ROWS_SHOWN);
        if shown == 0 {
            return Ok(None);
        }
        let differences = || self.all().take(shown);
        let changes: StringArray = differences().map(|(difference, _)| Some(kind(difference).mark())).collect();
        let arrivals: StringArray = differences().map(|(_, arrival)| Some(arrival.as_str())).collect();
        let mut columns: Vec<(String, ArrayRef)> =
            vec![("_change".to_owned(), Arc::new(changes)), ("_arrival".to_owned(), Arc::new(arrivals))];
        columns.extend(self.key_columns(contract)?.into_iter().map(|(name, column)| (name, column.slice(0, shown))));
        let places = |of: fn(&Difference) -> Option<usize>| -> UInt64Array {
            differences().map(|(difference, _)| of(difference).map(|row| row as u64)).collect()
        };
        let (source, silver) = (places(|of| of.source), places(|of| of.silver));
        // Columns that differ somewhere come first.
        let differing = self.columns();
        let position = |name: &String| differing.iter().position(|(of, _)| of == name).unwrap_or(usize::MAX);
        let mut names: Vec<&String> = self.comparison.columns.iter().collect();
        names.sort_by_key(|name| position(name));
        for name in names {
            for (prefix, rows, places) in
                [("old", &self.sides.source.rows, &source), ("new", &self.sides.silver, &silver)]
            {
                let Some(column) = rows.column_by_name(name) else { continue };
                columns.push((format!("{prefix}.{name}"), take(column, places, None)?));
            }
        }
        Ok(Some(RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        )?))
    }

    /// The verdict in a sentence or two.
    pub(crate) fn verdict(&self, with: &str) -> String {
        let Tally { counts, not_arrived, newer_in_silver, unknown } = self.tally();
        let some = |count: u64, what: &str| (count > 0).then(|| format!("{count} {what}"));
        let rows = |count: u64, what: &str| some(count, &format!("{} {what}", if count == 1 { "row" } else { "rows" }));
        let mut text = match counts.all() {
            0 => match (self.sides.sampled, self.sides.hashed) {
                (Some(_), _) => format!("The rows of the sample are those of {with}"),
                _ => format!("Silver is equal to {with}"),
            },
            _ => {
                let parts = [
                    rows(counts.missing, "missing"),
                    rows(counts.surplus, "surplus"),
                    rows(counts.different, "different"),
                ];
                let parts: Vec<String> = parts.into_iter().flatten().collect();
                format!("Silver differs from {with}: {}", parts.join(", "))
            }
        };
        if counts.all() > 0 && unknown == counts.all() {
            text.push_str(". Whether these are changes that have not arrived yet is not known");
        } else if unknown > 0 {
            text.push_str(&format!(". Of {unknown} of them it is not known whether a change is under way"));
        }
        let others = [
            some(not_arrived, "more changed behind what silver has and did not arrive yet"),
            some(newer_in_silver, "more are newer in silver than what was read"),
        ];
        for other in others.into_iter().flatten() {
            text.push_str(&format!(". {other}"));
        }
        if let Some(ranges) = self.sides.hashed.filter(|ranges| ranges.read < ranges.differing) {
            text.push_str(&format!(
                ". {} ranges of keys differ and the rows of {} were read, so there are more",
                ranges.differing, ranges.read
            ));
        }
        text
    }

    /// Position of silver in words.
    pub(crate) fn position_silver(&self) -> Option<String> {
        let Positions { silver, order, .. } = &self.positions;
        let seq = silver.as_ref()?;
        let in_log = order.as_deref().and_then(|order| sluice_cdc::LogPosition::of(order, seq));
        Some(in_log.map_or_else(|| seq.position(), |position| position.to_string()))
    }

    /// Position that was read in words.
    pub(crate) fn position_read(&self) -> Option<String> {
        self.positions.read.as_ref().map(|read| match read {
            ReadPosition::Seq(seq) => seq.position(),
            ReadPosition::Log(position) => position.to_string(),
        })
    }
}

/// How a row differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Missing,
    Surplus,
    Different,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Surplus => "surplus",
            Self::Different => "different",
        }
    }

    /// As differences of versions mark it, from the source to silver.
    fn mark(self) -> &'static str {
        match self {
            Self::Missing => "-",
            Self::Surplus => "+",
            Self::Different => "~",
        }
    }
}

/// How a row differs.
pub(crate) fn kind(difference: &Difference) -> Kind {
    match (difference.source, difference.silver) {
        (Some(_), Some(_)) => Kind::Different,
        (Some(_), None) => Kind::Missing,
        (None, _) => Kind::Surplus,
    }
}

fn explain_line(contract: &Contract, key: &[(String, String)]) -> String {
    let keys = key.iter().map(|(name, text)| format!(" --key {}", for_shell(&format!("{name}={text}"))));
    format!("sluice explain {}{}", contract.name, keys.collect::<String>())
}

/// A word as a shell reads it.
fn for_shell(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=./:,@+".contains(letter);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::for_shell;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(for_shell("id=42"), "id=42");
        assert_eq!(for_shell("name=a b"), "'name=a b'");
        assert_eq!(for_shell("name=it's; rm"), "'name=it'\\''s; rm'");
    }
}
