//! The events of one key in the order of the source: which exclude each other, which came late, what is missing between.

use super::found::Found;
use super::history_noise::Noise;
use super::keyed_events::KeyedEvent;
use super::other_clocks::Contradictions;
use super::positions::Positions;
use super::record::Delivered;
use sluice_api::FindingCode;
use sluice_change::{Op, SeqParts};
use sluice_contract::{Contract, TiePolicy};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Places kept of a column until all is known.
const KEPT: usize = 20;
/// Rows before that differ in a column, above which its form was changed.
const DIFFERENT_MIN: u64 = 20;

/// What holds for all keys.
#[derive(Debug)]
pub(crate) struct StoryRules {
    /// The records say insert, update and delete.
    pub(crate) says_operations: bool,
    /// The feed begins with every row, so a row that is not known is not there.
    pub(crate) is_complete: bool,
    /// Keys with records in quarantine.
    pub(crate) tainted: HashSet<u128>,
    /// Records in quarantine whose key is not known.
    pub(crate) unknown_rejects: u64,
    /// Truncates, as position and arrival.
    pub(crate) truncates: Vec<((u8, SeqParts), u64)>,
    /// Arrival of the first change.
    pub(crate) first_change: u64,
    /// Names of the columns of images.
    pub(crate) columns: Vec<String>,
    pub(crate) tie_policy: TiePolicy,
}

/// Whether the row is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unknown,
    Loaded,
    Changed,
    Deleted,
    Emptied,
}

#[derive(Debug, Default)]
struct Compared {
    compared: u64,
    different: u64,
    first: Vec<KeyedEvent>,
}

/// Judges one key after the other.
pub(crate) struct Stories<'a> {
    rules: StoryRules,
    found: &'a mut Found,
    positions: &'a mut Positions,
    before: BTreeMap<u16, Compared>,
    /// Keys with an impossible change, and its places.
    impossible: HashMap<u128, Vec<(KeyedEvent, &'static str)>>,
    impossible_more: u64,
    contradictions: Contradictions,
    noise: Noise,
}

impl<'a> Stories<'a> {
    pub(crate) fn new(rules: StoryRules, found: &'a mut Found, positions: &'a mut Positions) -> Self {
        Self {
            rules,
            found,
            positions,
            before: BTreeMap::new(),
            impossible: HashMap::new(),
            impossible_more: 0,
            contradictions: Contradictions::default(),
            noise: Noise::default(),
        }
    }

    pub(crate) fn key(&mut self, events: &[KeyedEvent]) {
        let events = without_duplicates(events);
        let conflicts = self.conflicts(&events);
        self.late(&events);
        self.loads(&events);
        self.contradictions.key(&events);
        self.noise.key(&events);
        if let Some(first) = events.first()
            && !conflicts
            && !self.rules.tainted.contains(&first.key)
        {
            self.walk(&events);
        }
    }

    /// Different events at one position. Whether there are any.
    fn conflicts(&mut self, events: &[&KeyedEvent]) -> bool {
        let mut any = false;
        for group in events.chunk_by(|a, b| a.ties_with(b)) {
            // Rows of a full load have no position; a key that changes and comes back has two events at one.
            let counts = |event: &&&KeyedEvent| event.rank % 2 == 1 && !event.is_split && !event.op.is_left_out();
            let group: Vec<&&KeyedEvent> = group.iter().filter(counts).collect();
            if group.len() < 2 {
                continue;
            }
            any = true;
            if matches!(self.rules.tie_policy, TiePolicy::ByFile | TiePolicy::LastInFile | TiePolicy::First) {
                continue;
            }
            for event in group {
                let detail = "another event of its key has the same position and says something else";
                self.found.note(FindingCode::SeqConflict, event.place, detail, record_of(event));
            }
        }
        any
    }

    /// Events that arrived behind newer ones of their key, or behind the front of their partition.
    fn late(&mut self, events: &[&KeyedEvent]) {
        let mut newest_state = None;
        // From the newest to the oldest: the earliest arrival of anything newer, and of a delete that is newer.
        let (mut of_any, mut of_delete) = (u64::MAX, u64::MAX);
        for event in events.iter().rev() {
            if event.op.is_left_out() {
                continue;
            }
            let is_end = event.op.is_delete() || event.op == Op::SoftDelete;
            let is_gone = *newest_state.get_or_insert(is_end);
            let position = (event.rank, event.parts);
            let truncated = self.rules.truncates.iter().any(|(of, arrival)| *of > position && *arrival < event.arrival);
            let is_change = event.rank % 2 == 1 && event.op != Op::Read && !event.is_split;
            if is_change && !is_end && ((is_gone && of_delete < event.arrival) || truncated) {
                let detail = "it is older than a delete of its row that arrived before it";
                self.found.note(FindingCode::LateAfterDelete, event.place, detail, record_of(event));
            } else if is_change && event.run > 0 {
                let is_of_key = of_any < event.arrival;
                self.positions.confirmed(event.run, event.place, event.time_ms, (is_of_key, record_of(event)));
            } else if is_change && of_any < event.arrival {
                let detail = "a newer event of its key arrived before it";
                self.found.note(FindingCode::OrderGoesBack, event.place, detail, record_of(event));
            }
            if event.op != Op::Read {
                of_any = of_any.min(event.arrival);
            }
            if is_end {
                of_delete = of_delete.min(event.arrival);
            }
        }
    }

    /// Rows of a full load that are newer than all changes of the key, and say something else than the last one.
    fn loads(&mut self, events: &[&KeyedEvent]) {
        let mut changes = events.iter().filter(|event| event.rank % 2 == 1 && !event.op.is_left_out());
        let Some(newest) = changes.clone().filter_map(|event| event.time_ms).max() else { return };
        let Some(last) = changes.next_back() else { return };
        for event in events.iter().filter(|event| event.rank % 2 == 0) {
            if event.time_ms.is_some_and(|time| time > newest) && event.content != last.content {
                let detail = "the row was loaded after the last change of its key, which counts as later";
                self.found.note(FindingCode::LoadAfterChanges, event.place, detail, record_of(event));
            }
        }
    }

    fn walk(&mut self, events: &[&KeyedEvent]) {
        let mut state = State::Unknown;
        let mut last: Option<&KeyedEvent> = None;
        let mut truncates = self.rules.truncates.clone().into_iter().peekable();
        for event in events.iter().copied().filter(|event| !event.op.is_left_out()) {
            while truncates.next_if(|(of, _)| *of < (event.rank, event.parts)).is_some() {
                (state, last) = (State::Emptied, None);
            }
            if !event.is_split
                && self.rules.says_operations
                && let Some(what) = self.impossible(state, event)
            {
                self.note_impossible(event, what);
            }
            if event.has_placeholder && !matches!(state, State::Loaded | State::Changed) {
                let detail = "a value was not sent, and no event before has it";
                self.found.note(FindingCode::ValueNotSent, event.place, detail, record_of(event));
            }
            if let (Some(before), Some(last)) = (event.before.as_ref(), last)
                && event.delivered == Delivered::Update
                && let Some(after) = &last.after
            {
                self.compare(before, after, event);
            }
            let is_end = event.delivered == Delivered::Delete || event.op == Op::Delete || event.op == Op::SoftDelete;
            state = match event.delivered {
                _ if is_end => State::Deleted,
                Delivered::Read => State::Loaded,
                _ if event.op == Op::Read => State::Loaded,
                _ => State::Changed,
            };
            // A row that a later snapshot read may be newer than its position says.
            let is_late_read = event.op == Op::Read && event.arrival > self.rules.first_change;
            last = Some(event).filter(|_| !is_end && !is_late_read);
        }
    }

    fn impossible(&self, state: State, event: &KeyedEvent) -> Option<&'static str> {
        let is_gone = match state {
            State::Deleted => true,
            State::Unknown => self.rules.is_complete,
            State::Loaded | State::Changed | State::Emptied => false,
        };
        match event.delivered {
            // A full load may overlap with the changes.
            Delivered::Insert if state == State::Changed => Some("it inserts a row that is there"),
            Delivered::Update if is_gone => Some("it updates a row that is not there"),
            Delivered::Delete if state == State::Deleted => Some("it deletes a row that is deleted already"),
            Delivered::Delete if is_gone => Some("it deletes a row that is not there"),
            _ => None,
        }
    }

    fn note_impossible(&mut self, event: &KeyedEvent, what: &'static str) {
        if self.impossible.len() < 10_000 || self.impossible.contains_key(&event.key) {
            let places = self.impossible.entry(event.key).or_default();
            if places.len() < KEPT {
                places.push((event.clone(), what));
                return;
            }
        }
        self.impossible_more += 1;
    }

    fn compare(&mut self, before: &[(u16, u32)], after: &[(u16, u32)], event: &KeyedEvent) {
        let after: HashMap<u16, u32> = after.iter().copied().collect();
        for (column, hash) in before {
            let Some(of_last) = after.get(column) else { continue };
            let compared = self.before.entry(*column).or_default();
            compared.compared += 1;
            if hash != of_last {
                compared.different += 1;
                if compared.first.len() < KEPT {
                    compared.first.push(event.clone());
                }
            }
        }
    }

    pub(crate) fn finish(self, contract: &Contract) {
        let Self { rules, found, positions: _, before, impossible, impossible_more, contradictions, noise } = self;
        contradictions.finish(found, contract);
        noise.finish(found, contract);
        if !rules.says_operations {
            let because = "the records do not say insert, update and delete";
            found.not_run.insert(FindingCode::UnknownRow.check(), because.to_owned());
        } else if impossible.len() as u64 <= rules.unknown_rejects && !impossible.is_empty() {
            let because = "records in quarantine whose key is not known may be what is missing";
            found.not_run.insert(FindingCode::UnknownRow.check(), because.to_owned());
        } else {
            let mut places: Vec<(KeyedEvent, &str)> = impossible.into_values().flatten().collect();
            places.sort_by_key(|(event, _)| event.arrival);
            for (event, what) in &places {
                found.note(FindingCode::UnknownRow, event.place, *what, record_of(event));
            }
            if let Some((event, what)) = places.last().filter(|_| impossible_more > 0) {
                found.note_many(FindingCode::UnknownRow, event.place, impossible_more, *what, record_of(event));
            }
        }
        let mut events: BTreeMap<u64, (KeyedEvent, Vec<&str>)> = BTreeMap::new();
        let mut keys = HashSet::new();
        for (column, Compared { compared, different, first }) in before {
            // The form of the column was changed, and with it that of every row.
            if different >= DIFFERENT_MIN && different * 10 > compared {
                continue;
            }
            let name = rules.columns.get(usize::from(column)).map_or("", String::as_str);
            for event in first {
                keys.insert(event.key);
                events.entry(event.arrival).or_insert_with(|| (event, Vec::new())).1.push(name);
            }
        }
        if keys.len() as u64 <= rules.unknown_rejects && !keys.is_empty() {
            let because = "records in quarantine whose key is not known may be what is missing";
            found.not_run.insert(FindingCode::LostUpdate.check(), because.to_owned());
            return;
        }
        for (event, names) in events.into_values() {
            let detail =
                format!("the row before it has another value in {} than the event before left", names.join(", "));
            found.note(FindingCode::LostUpdate, event.place, detail, record_of(&event));
        }
    }
}

/// The first delivery of every event, in the order of the source.
fn without_duplicates(events: &[KeyedEvent]) -> Vec<&KeyedEvent> {
    let mut kept: Vec<&KeyedEvent> = Vec::with_capacity(events.len());
    for group in events.chunk_by(KeyedEvent::ties_with) {
        let begin = kept.len();
        for event in group {
            if !kept.get(begin..).is_some_and(|known| known.iter().any(|known| known.is_same(event))) {
                kept.push(event);
            }
        }
    }
    kept
}

fn record_of(event: &KeyedEvent) -> &str {
    event.record.as_deref().unwrap_or_default()
}
