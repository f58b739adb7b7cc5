//! What is kept of every event until all of its key are together: in memory while they are few, else in a temporary file
//! in parts by the hash of the key, so that one part at a time is in memory.

use super::found::Place;
use super::record::Delivered;
use crate::RunError;
use sluice_change::{Op, SeqParts};
use sluice_lake::{SpillFile, SpillPart};

/// Events in memory, at most.
const EVENTS_MAX: usize = 500_000;
/// Parts in the file.
const PARTS: usize = 256;

/// Columns of a row by number, with hashes of their values.
pub(crate) type Image = Vec<(u16, u32)>;

/// Readings of the other clocks of an event, by the number of the column in the contract.
pub(crate) type Clocks = Vec<(u16, i64)>;

/// An event, as far as the story of its key needs it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyedEvent {
    pub(crate) key: u128,
    pub(crate) rank: u8,
    pub(crate) parts: SeqParts,
    pub(crate) op: Op,
    pub(crate) delivered: Delivered,
    /// Hash of its row.
    pub(crate) content: u64,
    /// Number in the order of arrival.
    pub(crate) arrival: u64,
    pub(crate) place: Place,
    pub(crate) time_ms: Option<i64>,
    /// Number of its run of positions that go back, 0 for none.
    pub(crate) run: u32,
    /// A part of an update that changes the key.
    pub(crate) is_split: bool,
    /// A value of it is a placeholder that was recognized.
    pub(crate) has_placeholder: bool,
    pub(crate) before: Option<Image>,
    pub(crate) after: Option<Image>,
    /// Of a table with history: the columns whose change makes a version.
    pub(crate) tracked: Image,
    /// What other columns say of when it was.
    pub(crate) clocks: Clocks,
    /// The record, while few events are kept.
    pub(crate) record: Option<Box<str>>,
}

impl KeyedEvent {
    /// Whether it is the same event as another.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.rank, self.parts, self.op, self.content) == (other.rank, other.parts, other.op, other.content)
    }

    /// Whether only what it says tells it from another.
    pub(crate) fn ties_with(&self, other: &Self) -> bool {
        (self.rank, self.parts) == (other.rank, other.parts)
    }
}

/// Collects them.
pub(crate) struct KeyedEvents {
    in_memory: Vec<KeyedEvent>,
    spill: Option<SpillFile>,
    parts: Vec<Vec<SpillPart>>,
}

impl KeyedEvents {
    /// None yet. `spill`: where those go that do not fit into memory.
    pub(crate) fn new(spill: SpillFile) -> Self {
        Self { in_memory: Vec::new(), spill: Some(spill), parts: vec![Vec::new(); PARTS] }
    }

    /// Adds one.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub(crate) fn add(&mut self, event: KeyedEvent) -> Result<(), RunError> {
        self.in_memory.push(event);
        if self.in_memory.len() >= EVENTS_MAX { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), RunError> {
        let Some(file) = &self.spill else { return Ok(()) };
        let mut parts: Vec<Vec<u8>> = vec![Vec::new(); PARTS];
        for event in self.in_memory.drain(..) {
            write(&mut parts[part_of(event.key)], &event);
        }
        for (known, bytes) in self.parts.iter_mut().zip(parts) {
            if !bytes.is_empty() {
                known.push(file.append(&bytes)?);
            }
        }
        Ok(())
    }

    /// Hands over the events of every key, in the order of the source; of equal positions in that of arrival.
    ///
    /// # Errors
    /// If the temporary file cannot be read.
    pub(crate) fn by_key(mut self, mut story: impl FnMut(&[KeyedEvent])) -> Result<(), RunError> {
        let is_spilled = self.parts.iter().any(|parts| !parts.is_empty());
        if !is_spilled {
            let events = std::mem::take(&mut self.in_memory);
            tell(events, &mut story);
            return Ok(());
        }
        self.spill()?;
        let Some(file) = &self.spill else { return Ok(()) };
        for parts in &self.parts {
            let mut events = Vec::new();
            for part in parts {
                let bytes = file.read(*part)?;
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let event = read(&mut rest);
                    events.push(event.ok_or_else(|| RunError::Internal("a temporary file is damaged".to_owned()))?);
                }
            }
            tell(events, &mut story);
        }
        Ok(())
    }
}

fn tell(mut events: Vec<KeyedEvent>, story: &mut impl FnMut(&[KeyedEvent])) {
    let end = |op: Op| !op.is_delete() && op != Op::SoftDelete;
    events.sort_by_key(|event| (event.key, event.rank, event.parts, end(event.op), event.arrival));
    events.chunk_by(|a, b| a.key == b.key).for_each(story);
}

fn part_of(key: u128) -> usize {
    // The upper half: that of a number has all of its hash there.
    usize::from((key >> 120) as u8)
}

fn write(out: &mut Vec<u8>, event: &KeyedEvent) {
    out.extend(event.key.to_le_bytes());
    out.push(event.rank);
    event.parts.iter().for_each(|part| out.extend(part.to_le_bytes()));
    out.extend(event.op.letter().as_bytes());
    out.push(match event.delivered {
        Delivered::Read => 0,
        Delivered::Insert => 1,
        Delivered::Update => 2,
        Delivered::Delete => 3,
        Delivered::Unsaid => 4,
    });
    for number in [event.content, event.arrival, event.place.record.unwrap_or(u64::MAX)] {
        out.extend(number.to_le_bytes());
    }
    out.extend(event.time_ms.unwrap_or(i64::MIN).to_le_bytes());
    out.extend(event.place.file.to_le_bytes());
    out.extend(event.run.to_le_bytes());
    out.push(u8::from(event.is_split) | (u8::from(event.has_placeholder) << 1));
    for image in [event.before.as_ref(), event.after.as_ref(), Some(&event.tracked)] {
        let count = image.map_or(u16::MAX, |image| u16::try_from(image.len()).unwrap_or(u16::MAX - 1));
        out.extend(count.to_le_bytes());
        for (column, hash) in image.into_iter().flatten().take(usize::from(count)) {
            out.extend(column.to_le_bytes());
            out.extend(hash.to_le_bytes());
        }
    }
    let clocks = u16::try_from(event.clocks.len()).unwrap_or(u16::MAX);
    out.extend(clocks.to_le_bytes());
    for (column, reading) in event.clocks.iter().take(usize::from(clocks)) {
        out.extend(column.to_le_bytes());
        out.extend(reading.to_le_bytes());
    }
}

fn read(bytes: &mut &[u8]) -> Option<KeyedEvent> {
    fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
        let (front, rest) = bytes.split_first_chunk::<N>()?;
        *bytes = rest;
        Some(*front)
    }
    fn image(bytes: &mut &[u8]) -> Option<Option<Image>> {
        let count = u16::from_le_bytes(take(bytes)?);
        if count == u16::MAX {
            return Some(None);
        }
        let pair = |_| Some((u16::from_le_bytes(take(bytes)?), u32::from_le_bytes(take(bytes)?)));
        Some(Some((0..count).map(pair).collect::<Option<Vec<_>>>()?))
    }
    let key = u128::from_le_bytes(take(bytes)?);
    let [rank] = take(bytes)?;
    let mut parts = SeqParts::default();
    for part in &mut parts {
        *part = u64::from_le_bytes(take(bytes)?);
    }
    let [letter] = take(bytes)?;
    let [delivered] = take(bytes)?;
    let (content, arrival) = (u64::from_le_bytes(take(bytes)?), u64::from_le_bytes(take(bytes)?));
    let record = Some(u64::from_le_bytes(take(bytes)?)).filter(|record| *record != u64::MAX);
    let time_ms = Some(i64::from_le_bytes(take(bytes)?)).filter(|time| *time != i64::MIN);
    let (file, run) = (u32::from_le_bytes(take(bytes)?), u32::from_le_bytes(take(bytes)?));
    let [flags] = take(bytes)?;
    let (before, after, tracked) = (image(bytes)?, image(bytes)?, image(bytes)?.unwrap_or_default());
    let count = u16::from_le_bytes(take(bytes)?);
    let clock = |_| Some((u16::from_le_bytes(take(bytes)?), i64::from_le_bytes(take(bytes)?)));
    let clocks = (0..count).map(clock).collect::<Option<Vec<_>>>()?;
    Some(KeyedEvent {
        key,
        rank,
        parts,
        op: Op::from_letter(std::str::from_utf8(&[letter]).ok()?)?,
        delivered: [Delivered::Read, Delivered::Insert, Delivered::Update, Delivered::Delete, Delivered::Unsaid]
            .get(usize::from(delivered))
            .copied()?,
        content,
        arrival,
        place: Place { file, record },
        time_ms,
        run,
        is_split: flags & 1 != 0,
        has_placeholder: flags & 2 != 0,
        before,
        after,
        tracked,
        clocks,
        record: None,
    })
}

#[cfg(test)]
mod tests {
    use super::{KeyedEvent, read, write};
    use crate::doctor::Place;
    use crate::doctor::record::Delivered;
    use sluice_change::Op;

    #[test]
    fn an_event_is_the_same_after_the_file() {
        let event = |record, time_ms, before| KeyedEvent {
            key: u128::MAX - 7,
            rank: 1,
            parts: [1, 2, 3, 4, u64::MAX],
            op: Op::SoftDelete,
            delivered: Delivered::Update,
            content: 9,
            arrival: 11,
            place: Place { file: 3, record },
            time_ms,
            run: 2,
            is_split: true,
            has_placeholder: false,
            before,
            after: Some(vec![(1, 2), (3, 4)]),
            tracked: vec![(9, 8)],
            clocks: vec![(2, -7), (5, i64::MAX)],
            record: None,
        };
        let events = [event(Some(5), None, None), event(None, Some(-5), Some(Vec::new()))];
        let mut bytes = Vec::new();
        events.iter().for_each(|event| write(&mut bytes, event));
        let mut rest = bytes.as_slice();
        assert_eq!(
            events.map(|_| read(&mut rest).unwrap()).to_vec(),
            [event(Some(5), None, None), event(None, Some(-5), Some(Vec::new()))]
        );
        assert!(rest.is_empty());
        assert!(read(&mut &bytes[..40]).is_none());
    }
}
