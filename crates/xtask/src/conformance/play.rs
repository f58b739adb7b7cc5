//! A case is played in its own order, shuffled where the order does not count, and with its last batch again.

use super::case::{Case, Expected, Row};
use super::lake::CaseLake;
use super::rows::{equal, shown, shown_rows};
use super::table_lake::{Found, text};
use super::verdict::Outcome;
use serde_json::Value;
use std::path::Path;

/// Other orders that are tried.
const SHUFFLES: u64 = 2;

/// What comes of a case.
pub(crate) fn play(sluice: &Path, case: &Case) -> anyhow::Result<Outcome> {
    if let Some(reason) = not_supported(case) {
        return Ok(Outcome::NotSupported(reason));
    }
    let mut orders = vec![("as given".to_owned(), case.batches.clone())];
    if case.order_free {
        orders.extend((1..=SHUFFLES).map(|seed| (format!("shuffled, {seed}"), shuffled(&case.batches, seed))));
    }
    if let Some(last) = case.batches.last().filter(|_| case.replay_stable) {
        let again: Vec<Vec<Row>> = case.batches.iter().chain([last]).cloned().collect();
        orders.push(("with the last batch again".to_owned(), again));
    }
    for (what, batches) in orders {
        let mut lake = CaseLake::new(sluice, case)?;
        for (number, batch) in batches.iter().enumerate() {
            lake.replay(batch, number)?;
            let between = case.expect.after.get(&(number + 1).to_string()).filter(|_| what == "as given");
            if let Some(rows) = between
                && !equal(&lake.rows()?.unwrap_or_default(), rows)
            {
                return Ok(Outcome::Failed(format!("after batch {}: other rows", number + 1)));
            }
        }
        if let Some(problem) = compare(&lake, &case.expect)? {
            return Ok(Outcome::Failed(format!("{what}: {problem}")));
        }
        if let Some(report) = case.expect.must_report.as_deref().filter(|report| *report != TIE) {
            let said = lake.lake.findings()?;
            let code = FOUND.iter().find(|(words, _)| report.contains(words)).map(|(_, code)| *code);
            if !code.is_some_and(|code| said.iter().any(|found| found == code)) {
                return Ok(Outcome::NotSupported(format!("the rows are right, nobody says: {report}")));
            }
        }
    }
    Ok(Outcome::Passed)
}

/// The report that a replay makes.
const TIE: &str = "a tie that decided";
/// Words of a report, and the code of the doctor's finding that says it.
const FOUND: [(&str, &str); 2] =
    [("contradicts order at the source", "ORDER_CONTRADICTED"), ("history that is noise", "HISTORY_NOISE")];

fn not_supported(case: &Case) -> Option<String> {
    (!case.settings.scd.is_u64()).then(|| "a second time axis (bitemporal)".to_owned())
}

/// The records in another order, a batch each.
fn shuffled(batches: &[Vec<Row>], seed: u64) -> Vec<Vec<Row>> {
    let mut records: Vec<Row> = batches.iter().flatten().cloned().collect();
    // Multiplication by an odd number and a rotation: another order for each seed, the same one in each run.
    let mut state = seed;
    for end in (1..records.len()).rev() {
        state = state.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31).wrapping_add(seed);
        let other = usize::try_from(state % (end as u64 + 1)).unwrap_or(0);
        records.swap(end, other);
    }
    records.into_iter().map(|record| vec![record]).collect()
}

/// What is not as expected.
fn compare(lake: &CaseLake<'_>, expected: &Expected) -> anyhow::Result<Option<String>> {
    let found = lake.rows()?;
    if expected.error.is_some() && lake.lake.said.quarantined == 0 && lake.lake.said.stopped.is_none() {
        return Ok(Some("no record is in quarantine".to_owned()));
    }
    if expected.must_report.as_deref() == Some(TIE) && lake.lake.said.ties == 0 {
        return Ok(Some("no tie is counted".to_owned()));
    }
    let expected = match &expected.better {
        Some(better) => better,
        None => expected,
    };
    let found = found.unwrap_or_default();
    if let Some(rows) = expected.rows.as_ref().or(expected.history.as_ref()) {
        return Ok((!equal(&found, rows)).then(|| format!("{} instead of {}", shown(&found), shown_rows(rows))));
    }
    if let Some(count) = expected.history_count {
        return Ok((found.len() != count).then(|| format!("{} versions instead of {count}", found.len())));
    }
    if let Some(any) = &expected.one_of {
        return Ok((!any.iter().any(|one| is_one(&found, one))).then(|| format!("{} is none of them", shown(&found))));
    }
    let refused = expected.spark_error.is_some() || expected.error.is_some();
    Ok((refused && lake.lake.said.quarantined == 0 && lake.lake.said.stopped.is_none())
        .then(|| "taken without a word".to_owned()))
}

/// One of the allowed results: a list of rows, or the value that the only row has somewhere.
fn is_one(found: &[Found], allowed: &Value) -> bool {
    match allowed {
        Value::Array(rows) => {
            let rows: Vec<Row> = rows.iter().filter_map(Value::as_object).cloned().collect();
            equal(found, &rows)
        }
        value => found.len() == 1 && found.iter().all(|row| row.values().any(|cell| *cell == text(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::shuffled;
    use serde_json::json;

    #[test]
    fn another_order_has_the_same_records() {
        let record = |number: u64| json!({ "n": number }).as_object().cloned().unwrap_or_default();
        let batches = vec![vec![record(1), record(2)], vec![record(3), record(4)]];
        let other = shuffled(&batches, 1);
        assert_eq!(other.len(), 4);
        let mut numbers: Vec<u64> = other.iter().flatten().filter_map(|row| row["n"].as_u64()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2, 3, 4]);
    }
}
