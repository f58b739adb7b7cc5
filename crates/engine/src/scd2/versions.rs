//! The versions of one key, computed from its events.

use super::pool::Pool;
use crate::error::EngineError;
use crate::silver::{Position, ValidityType};
use arrow::array::Array;
use arrow::row::{RowConverter, Rows, SortField};
use sluice_change::EventSeq;
use sluice_contract::Contract;
use std::collections::HashMap;

/// The values of a state, as places in the pool.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    /// The event that provided them.
    pub(super) event: u32,
    /// Its absent columns, ascending: the event that provided the value, or `None` if none has.
    pub(super) patches: Vec<(u16, Option<u32>)>,
}

impl Values {
    /// The event whose value a column has.
    fn written_by(&self, column: u16) -> Option<u32> {
        match self.patches.binary_search_by_key(&column, |(patched, _)| *patched) {
            Ok(at) => self.patches[at].1,
            Err(_) => Some(self.event),
        }
    }
}

/// A row of the history of a key: values, and where they hold.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) start: Position,
    pub(super) end: Option<Position>,
    pub(super) values: Values,
    /// Index of the event of `values` among the events of the key.
    pub(super) provided_by: usize,
}

/// What an event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It provides the values of a version.
    Provides,
    /// A delete that ended a version.
    Ended,
    /// It changed nothing.
    Nothing,
    /// Another event of its position supersedes it.
    Superseded,
}

/// The versions of a key in order, and what each of its events did.
#[derive(Default)]
pub(super) struct KeyVersions {
    pub(super) versions: Vec<Version>,
    pub(super) effects: Vec<Effect>,
}

/// Builds versions from events, key by key.
pub(super) struct VersionBuilder<'a> {
    validity: &'a ValidityType,
    pool: &'a Pool,
    truncates: &'a [EventSeq],
    tracked: Compare<'a>,
    /// The columns that are not tracked, if there are any.
    untracked: Option<Compare<'a>>,
    history: KeyVersions,
}

impl<'a> VersionBuilder<'a> {
    /// `truncates` are all of the table, ascending.
    pub(super) fn new(
        contract: &Contract,
        validity: &'a ValidityType,
        pool: &'a Pool,
        truncates: &'a [EventSeq],
    ) -> Result<Self, EngineError> {
        let of_source = contract.columns.iter().enumerate().filter(|(_, column)| !column.key);
        let (tracked, untracked): (Vec<_>, Vec<_>) =
            of_source.partition(|(_, column)| contract.apply.track_history.contains(&column.name));
        let positions = |columns: Vec<(usize, _)>| columns.into_iter().map(|(position, _)| position).collect();
        let (tracked, untracked): (Vec<usize>, Vec<usize>) = (positions(tracked), positions(untracked));
        Ok(Self {
            validity,
            pool,
            truncates,
            untracked: if untracked.is_empty() { None } else { Some(Compare::new(pool, untracked)?) },
            tracked: Compare::new(pool, tracked)?,
            history: KeyVersions::default(),
        })
    }

    /// Builds the versions of one key; `events` are in order and without duplicates.
    pub(super) fn build(&mut self, events: &[u32]) -> Result<&mut KeyVersions, EngineError> {
        let mut history = std::mem::take(&mut self.history);
        history.versions.clear();
        history.effects.clear();
        history.effects.resize(events.len(), Effect::Superseded);
        let mut state: Option<Values> = None;
        let mut truncates = self.truncates;
        let mut from = 0;
        while from < events.len() {
            let position = self.validity.position(&self.pool.event(events[from]).seq);
            // Truncates of positions before this one.
            while let Some((first, rest)) = truncates.split_first()
                && self.validity.position(first) < position
            {
                state = None;
                close(&mut history.versions, self.validity.position(first));
                truncates = rest;
            }
            let length = events[from..]
                .iter()
                .take_while(|&&at| self.validity.position(&self.pool.event(at).seq) == position)
                .count();
            for &at in &events[from..from + length] {
                let event = self.pool.event(at);
                truncates = self.truncate_before(truncates, &event.seq, &mut state);
                state = if event.is_delete { None } else { Some(self.values(at, state.as_ref())) };
            }
            // Truncates of this position after its events.
            while let Some((first, rest)) = truncates.split_first()
                && self.validity.position(first) == position
            {
                state = None;
                truncates = rest;
            }
            let last = from + length - 1;
            history.effects[last] = self.advance(&mut history, position, last, state.as_ref())?;
            if state.is_none() && !self.pool.event(events[last]).is_delete {
                // An upsert that a truncate of its position took away.
                history.effects[last] = Effect::Superseded;
            }
            from += length;
        }
        if let Some(first) = truncates.first() {
            close(&mut history.versions, self.validity.position(first));
        }
        self.history = history;
        Ok(&mut self.history)
    }

    fn truncate_before<'t>(
        &self,
        truncates: &'t [EventSeq],
        seq: &EventSeq,
        state: &mut Option<Values>,
    ) -> &'t [EventSeq] {
        let mut rest = truncates;
        while let Some((first, later)) = rest.split_first()
            && first < seq
        {
            *state = None;
            rest = later;
        }
        rest
    }

    /// The state after an upsert.
    fn values(&self, at: u32, before: Option<&Values>) -> Values {
        let absent = &self.pool.event(at).absent;
        let patches = absent.iter().map(|&column| (column, before.and_then(|before| before.written_by(column))));
        Values { event: at, patches: patches.collect() }
    }

    /// Takes the state at a position, after the event with index `last`, into the versions.
    fn advance(
        &mut self,
        history: &mut KeyVersions,
        position: Position,
        last: usize,
        state: Option<&Values>,
    ) -> Result<Effect, EngineError> {
        let KeyVersions { versions, effects } = history;
        let open = versions.last_mut().filter(|version| version.end.is_none());
        let begin = |values: &Values| Version { start: position, end: None, values: values.clone(), provided_by: last };
        match (open, state) {
            (None, None) => Ok(Effect::Nothing),
            (Some(version), None) => {
                version.end = Some(position);
                Ok(Effect::Ended)
            }
            (None, Some(values)) => {
                versions.push(begin(values));
                Ok(Effect::Provides)
            }
            (Some(version), Some(values)) => {
                if !self.tracked.equal(&version.values, values)? {
                    version.end = Some(position);
                    versions.push(begin(values));
                    return Ok(Effect::Provides);
                }
                if let Some(untracked) = &mut self.untracked
                    && !untracked.equal(&version.values, values)?
                {
                    // No version shows the event before any more.
                    effects[version.provided_by] = Effect::Nothing;
                    version.values.clone_from(values);
                    version.provided_by = last;
                    return Ok(Effect::Provides);
                }
                Ok(Effect::Nothing)
            }
        }
    }
}

/// Closes the version that is open.
fn close(versions: &mut [Version], position: Position) {
    if let Some(version) = versions.last_mut().filter(|version| version.end.is_none()) {
        version.end = Some(position);
    }
}

/// Whether two states of a key are equal in some columns.
struct Compare<'a> {
    pool: &'a Pool,
    columns: Vec<usize>,
    /// All the columns of an event as one text of bytes.
    rows: Option<Rows>,
    /// Single columns, for states that are of several events.
    single: HashMap<usize, Rows>,
}

impl<'a> Compare<'a> {
    fn new(pool: &'a Pool, columns: Vec<usize>) -> Result<Self, EngineError> {
        let rows = if columns.is_empty() { None } else { Some(encode(pool, &columns)?) };
        Ok(Self { pool, columns, rows, single: HashMap::new() })
    }

    fn equal(&mut self, a: &Values, b: &Values) -> Result<bool, EngineError> {
        let Some(rows) = &self.rows else { return Ok(true) };
        if a.patches.is_empty() && b.patches.is_empty() {
            return Ok(rows.row(a.event as usize) == rows.row(b.event as usize));
        }
        for &position in &self.columns {
            let column = u16::try_from(position).unwrap_or(u16::MAX);
            let (left, right) = (a.written_by(column), b.written_by(column));
            if left == right {
                continue;
            }
            let same = match (left, right) {
                (Some(left), Some(right)) => {
                    let single = match self.single.entry(position) {
                        std::collections::hash_map::Entry::Occupied(found) => found.into_mut(),
                        std::collections::hash_map::Entry::Vacant(empty) => {
                            empty.insert(encode(self.pool, &[position])?)
                        }
                    };
                    single.row(left as usize) == single.row(right as usize)
                }
                (Some(one), None) | (None, Some(one)) => self.pool.rows.column(position).is_null(one as usize),
                (None, None) => true,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn encode(pool: &Pool, columns: &[usize]) -> Result<Rows, EngineError> {
    let arrays: Vec<_> = columns.iter().map(|&position| pool.rows.column(position).clone()).collect();
    let fields = arrays.iter().map(|array| SortField::new(array.data_type().clone())).collect();
    Ok(RowConverter::new(fields)?.convert_columns(&arrays)?)
}
