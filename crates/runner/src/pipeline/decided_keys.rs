//! The keys that decisions on single records concern.

use super::batch::BatchSummary;
use super::batch_contract::contract_of;
use super::context::TableContext;
use super::decided_records::{in_place, is_of_reload};
use super::table_state::TableState;
use super::tally::Tally;
use crate::RunError;
use crate::previewed::inputs::cut_matters;
use crate::silver::schema_change::add_to_schema;
use sluice_cdc::DecodedFile;
use sluice_change::{EventSeq, Op};
use sluice_engine::KeyEncoder;
use sluice_lake::{RecordDecisions, RecordPlace, SourceMark};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Instant;

/// What decisions on single records concern.
#[derive(Debug, Default)]
pub(crate) struct Concerned {
    /// Hashes of the keys of every record that does not stand as before: as it was delivered, and as it counts before and after.
    pub(crate) keys: HashSet<u128>,
    /// What the texts that count now say of the source.
    pub(crate) source: SourceMark,
}

/// What two lists of decisions say otherwise of single records. `None` where more than rows of these keys may differ, so that
/// only a rebuild tells: the order of arrival has a say in the table, a text is in quarantine or brings a column, a truncate
/// is among them, or a text that counts no more was what said how far the source is.
///
/// # Errors
/// If the contract does not name the source of a batch, or the lake cannot be read.
pub(crate) async fn concerned_keys(
    context: &TableContext,
    table: &TableState,
    before: &RecordDecisions,
    after: &RecordDecisions,
) -> Result<Option<Concerned>, RunError> {
    let silver = &table.silver;
    let is_as_made = silver.skipped == table.skipped_up_to(silver.batch());
    let is_by_key = cut_matters(&context.contract).is_none() && !context.contract.apply.key.is_empty();
    if !is_by_key || !is_as_made || silver.lost_state || !silver.foreign.commits.is_empty() {
        return Ok(None);
    }
    let encoder = KeyEncoder::new(&context.contract)?;
    let (mut concerned, mut decoded) = (Concerned::default(), Vec::new());
    for Texts { place, delivered, was, is } in other_texts(before, after) {
        let contract = contract_of(&context.contract, table.manifest(place.batch), place.batch)?;
        let read = |text: &str| in_place(&contract, &[(place, text)]);
        let (delivered, was, is) = (read(delivered), was.map(read), is.map(read));
        for file in [Some(&delivered), was.as_ref(), is.as_ref()].into_iter().flatten() {
            let Some(keys) = keys_of(&encoder, file)? else { return Ok(None) };
            concerned.keys.extend(keys);
        }
        if was.as_ref().is_some_and(|was| says_more(&mark_of(was), &mark_of(&delivered))) {
            return Ok(None);
        }
        if let Some(is) = &is {
            concerned.source = concerned.source.joined(&mark_of(is));
        }
        decoded.extend([delivered].into_iter().chain(was).chain(is));
    }
    let brings_columns = add_to_schema(&context.lake, &context.declared, &context.contract, &decoded).await?;
    Ok((!brings_columns).then_some(concerned))
}

/// Hashes of the keys of a text's events; `None` if it cannot be read, or concerns every key.
fn keys_of(encoder: &KeyEncoder, file: &DecodedFile) -> Result<Option<Vec<u128>>, RunError> {
    if !file.rejects.is_empty() {
        return Ok(None);
    }
    let mut keys = Vec::new();
    let hashes = encoder.hashes(&file.changes.rows)?;
    for (event, (op, hash)) in file.changes.ops.iter().zip(hashes).enumerate() {
        match op {
            Op::Truncate if is_of_reload(*op, &file.changes.seqs.at(event)) => {}
            Op::Truncate => return Ok(None),
            _ => keys.push(hash),
        }
    }
    Ok(Some(keys))
}

fn mark_of(file: &DecodedFile) -> SourceMark {
    let mut tally = Tally::default();
    tally.add(file);
    BatchSummary::of(tally, 0, 0, Instant::now()).source
}

/// Whether one says more of a source than another, besides what breaks a tie.
fn says_more(one: &SourceMark, other: &SourceMark) -> bool {
    let position = |of: &SourceMark| of.last.as_deref().and_then(EventSeq::parse).map(|seq| seq.end_of_position());
    let further = |of: SourceMark| SourceMark { last: None, by_source: BTreeMap::new(), ..of };
    position(one) > position(other)
        || further(other.joined(one)) != further(other.clone())
        || one.by_source.iter().any(|(name, of)| other.by_source.get(name).is_none_or(|other| says_more(of, other)))
}

/// A record that does not stand the same by two lists of decisions.
struct Texts<'a> {
    place: &'a RecordPlace,
    delivered: &'a str,
    /// What counts instead by each, if something else does.
    was: Option<&'a str>,
    is: Option<&'a str>,
}

fn other_texts<'a>(before: &'a RecordDecisions, after: &'a RecordDecisions) -> Vec<Texts<'a>> {
    let (before, after) = (before.in_force(), after.in_force());
    let places: BTreeSet<&RecordPlace> = before.keys().chain(after.keys()).copied().collect();
    let mut texts = Vec::new();
    for place in places {
        let [was, is] = [before.get(place), after.get(place)].map(|of| of.map(|(record, _)| *record));
        let text = |of: Option<&'a sluice_lake::DecidedRecord>| of.map(|record| record.text.as_deref());
        let Some(record) = was.or(is).filter(|_| text(was) != text(is)) else { continue };
        texts.push(Texts { place, delivered: &record.record, was: text(was).flatten(), is: text(is).flatten() });
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::says_more;
    use sluice_change::EventSeq;
    use sluice_lake::SourceMark;

    fn mark(position: u64, content: u64, newest_ms: i64) -> SourceMark {
        let last = Some(EventSeq::new(1, [position], true, content).to_string());
        SourceMark { last, newest_ms: Some(newest_ms), ..SourceMark::default() }
    }

    #[test]
    fn what_only_breaks_a_tie_says_no_more() {
        assert!(!says_more(&mark(7, 9, 5), &mark(7, 3, 5)));
        assert!(!says_more(&mark(6, 9, 4), &mark(7, 3, 5)));
        assert!(says_more(&mark(8, 3, 5), &mark(7, 3, 5)));
        assert!(says_more(&mark(7, 3, 6), &mark(7, 3, 5)));
        let of_another = SourceMark { tables: ["a".to_owned()].into(), ..mark(7, 3, 5) };
        assert!(says_more(&of_another, &mark(7, 3, 5)));
        let by_source =
            |of: SourceMark| SourceMark { by_source: [("eu".to_owned(), of)].into(), ..SourceMark::default() };
        assert!(says_more(&by_source(mark(8, 3, 5)), &by_source(mark(7, 3, 5))));
        assert!(!says_more(&by_source(mark(7, 9, 5)), &by_source(mark(7, 3, 5))));
    }
}
