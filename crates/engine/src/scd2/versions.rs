//! The versions that the events of one key make.

use super::pool::Pool;
use crate::EngineError;
use crate::silver::{Axis, Position};
use arrow::array::Array;
use arrow::row::{RowConverter, Rows, SortField};
use sluice_change::EventSeq;
use sluice_contract::Contract;
use std::collections::HashMap;

/// The values of a state, as places in the pool.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    /// The event that told them.
    pub(super) event: u32,
    /// Columns that it did not tell, ascending: the event that did, or `None` if none has.
    pub(super) patches: Vec<(u16, Option<u32>)>,
}

impl Values {
    /// The event whose value a column has.
    fn author(&self, column: u16) -> Option<u32> {
        match self.patches.binary_search_by_key(&column, |(patched, _)| *patched) {
            Ok(at) => self.patches[at].1,
            Err(_) => Some(self.event),
        }
    }
}

/// A version.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) start: Position,
    pub(super) end: Option<Position>,
    pub(super) values: Values,
    /// Index of the event of `values` among the events of the key.
    pub(super) told_by: usize,
}

/// What an event did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// A version has its values.
    Told,
    /// A delete that ended a version.
    Ended,
    /// It changed nothing.
    Nothing,
    /// Another event of its position came after it.
    Hidden,
}

/// The versions of a key in order, and what its events did.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) runs: Vec<Run>,
    pub(super) effects: Vec<Effect>,
}

/// Folds events into versions, key by key.
pub(super) struct Folder<'a> {
    axis: &'a Axis,
    pool: &'a Pool,
    truncates: &'a [EventSeq],
    tracked: Compare<'a>,
    /// The columns that are not tracked, if there are any.
    untracked: Option<Compare<'a>>,
    folded: Folded,
}

impl<'a> Folder<'a> {
    /// `truncates` are all of the table, ascending.
    pub(super) fn new(
        contract: &Contract,
        axis: &'a Axis,
        pool: &'a Pool,
        truncates: &'a [EventSeq],
    ) -> Result<Self, EngineError> {
        let of_source = contract.columns.iter().enumerate().filter(|(_, column)| !column.key);
        let (tracked, untracked): (Vec<_>, Vec<_>) =
            of_source.partition(|(_, column)| contract.apply.track_history.contains(&column.name));
        let positions = |columns: Vec<(usize, _)>| columns.into_iter().map(|(position, _)| position).collect();
        let (tracked, untracked): (Vec<usize>, Vec<usize>) = (positions(tracked), positions(untracked));
        Ok(Self {
            axis,
            pool,
            truncates,
            untracked: if untracked.is_empty() { None } else { Some(Compare::new(pool, untracked)?) },
            tracked: Compare::new(pool, tracked)?,
            folded: Folded::default(),
        })
    }

    /// Folds the events of one key, in order and without copies.
    pub(super) fn fold(&mut self, events: &[u32]) -> Result<&mut Folded, EngineError> {
        let mut folded = std::mem::take(&mut self.folded);
        folded.runs.clear();
        folded.effects.clear();
        folded.effects.resize(events.len(), Effect::Hidden);
        let mut state: Option<Values> = None;
        let mut truncates = self.truncates;
        let mut from = 0;
        while from < events.len() {
            let position = self.axis.position(&self.pool.event(events[from]).seq);
            // Truncates of positions before this one.
            while let Some((first, rest)) = truncates.split_first()
                && self.axis.position(first) < position
            {
                state = None;
                close(&mut folded.runs, self.axis.position(first));
                truncates = rest;
            }
            let length = events[from..]
                .iter()
                .take_while(|&&at| self.axis.position(&self.pool.event(at).seq) == position)
                .count();
            for &at in &events[from..from + length] {
                let event = self.pool.event(at);
                truncates = self.truncate_before(truncates, &event.seq, &mut state);
                state = if event.is_delete { None } else { Some(self.values(at, state.as_ref())) };
            }
            // Truncates of this position after its events.
            while let Some((first, rest)) = truncates.split_first()
                && self.axis.position(first) == position
            {
                state = None;
                truncates = rest;
            }
            let last = from + length - 1;
            folded.effects[last] = self.advance(&mut folded, position, last, state.as_ref())?;
            if state.is_none() && !self.pool.event(events[last]).is_delete {
                // An upsert that a truncate of its position took away.
                folded.effects[last] = Effect::Hidden;
            }
            from += length;
        }
        if let Some(first) = truncates.first() {
            close(&mut folded.runs, self.axis.position(first));
        }
        self.folded = folded;
        Ok(&mut self.folded)
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
        let patches = absent.iter().map(|&column| (column, before.and_then(|before| before.author(column))));
        Values { event: at, patches: patches.collect() }
    }

    /// Takes the state at a position, after the event with index `last`, into the versions.
    fn advance(
        &mut self,
        folded: &mut Folded,
        position: Position,
        last: usize,
        state: Option<&Values>,
    ) -> Result<Effect, EngineError> {
        let Folded { runs, effects } = folded;
        let open = runs.last_mut().filter(|run| run.end.is_none());
        let begin = |values: &Values| Run { start: position, end: None, values: values.clone(), told_by: last };
        match (open, state) {
            (None, None) => Ok(Effect::Nothing),
            (Some(run), None) => {
                run.end = Some(position);
                Ok(Effect::Ended)
            }
            (None, Some(values)) => {
                runs.push(begin(values));
                Ok(Effect::Told)
            }
            (Some(run), Some(values)) => {
                if !self.tracked.equal(&run.values, values)? {
                    run.end = Some(position);
                    runs.push(begin(values));
                    return Ok(Effect::Told);
                }
                if let Some(untracked) = &mut self.untracked
                    && !untracked.equal(&run.values, values)?
                {
                    // The event before is seen no more.
                    effects[run.told_by] = Effect::Nothing;
                    run.values.clone_from(values);
                    run.told_by = last;
                    return Ok(Effect::Told);
                }
                Ok(Effect::Nothing)
            }
        }
    }
}

/// Closes the version that is open.
fn close(runs: &mut [Run], position: Position) {
    if let Some(run) = runs.last_mut().filter(|run| run.end.is_none()) {
        run.end = Some(position);
    }
}

/// Compares states in some columns.
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
            let (left, right) = (a.author(column), b.author(column));
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
