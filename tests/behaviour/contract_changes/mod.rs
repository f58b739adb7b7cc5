//! Every entry of a contract is changed, alone and in pairs, on a table with data. Silver is then what a full refresh
//! makes of it, and it was rebuilt exactly when the publish plan had said so.
//!
//! The changes come from the list of entries (`sluice_contract::Entry`), so a new entry is covered by its examples.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, its helpers too")]

mod as_test;
mod data;
mod draft;
mod play;
mod themes;

use anyhow::{Result, ensure};
use draft::Draft;
use futures::StreamExt;
use play::play;
use sluice_contract::{Contract, Entry, compare_contracts};
use sluice_tests::{amount, counted, seeded, some_of_each_kind};
use std::sync::Arc;

/// Lakes that are worked on at a time.
const AT_ONCE: usize = 4;
/// Changes of one entry in the default tier.
const CHANGES: u64 = 90;
/// Pairs of changes in the default tier.
const PAIRS: u64 = 30;

/// An entry with one of its examples, and what has to be written besides.
#[derive(Clone)]
struct Example {
    entry: &'static Entry,
    line: &'static str,
}

impl Example {
    fn all() -> Vec<Self> {
        let of = |entry: &'static Entry| entry.examples.iter().map(move |line| Self { entry, line });
        Entry::all().flat_map(of).collect()
    }

    fn name(&self) -> String {
        format!("{}|{}", self.entry.section, self.line)
    }

    /// The draft with what the example needs, without the example.
    fn beside(&self, draft: &Draft) -> Draft {
        let mut draft = draft.clone();
        for line in self.entry.beside {
            draft.set_path(line);
        }
        draft
    }

    fn on(&self, draft: &Draft) -> Draft {
        let mut draft = self.beside(draft);
        draft.set(self.entry.section, self.line);
        draft
    }
}

/// A contract before and after.
#[derive(Clone)]
struct Change {
    name: String,
    before: Draft,
    after: Draft,
    /// Whether a record is in quarantine, from where a rebuild may release it.
    rejects: bool,
}

impl Change {
    fn is_valid(&self) -> bool {
        self.before.parse().is_ok() && self.after.parse().is_ok()
    }
}

async fn play_all(changes: Vec<Change>) -> Result<()> {
    let played = changes.into_iter().map(|change| async move {
        let Change { name, before, after, .. } = &change;
        play(&change).await.map_err(|error| error.context(format!("{name}\n{before}\nbecomes\n{after}")))
    });
    let results: Vec<Result<()>> = futures::stream::iter(played).buffer_unordered(AT_ONCE).collect().await;
    let failed: Vec<String> = results.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    ensure!(failed.is_empty(), "{} changes are not right:\n\n{}", failed.len(), failed.join("\n\n"));
    Ok(())
}

#[test]
fn every_example_is_valid_and_is_listed_as_a_change() {
    let base = Draft::base();
    for example in Example::all() {
        let parse = |draft: &Draft| -> Arc<Contract> {
            Arc::new(draft.parse().unwrap_or_else(|problems| panic!("{}: {problems:?}", example.name())))
        };
        let (plain, changed) = (parse(&example.beside(&base)), parse(&example.on(&base)));
        let changes = compare_contracts(Some(&plain), Some(&changed));
        // `null_updates: ignore` needs nothing but itself.
        let before = if changes.is_empty() { parse(&base) } else { plain };
        let changes = compare_contracts(Some(&before), Some(&changed));
        assert!(!changes.is_empty(), "{} is not listed", example.name());
        let most = changes.iter().map(|change| change.effect).max();
        assert!(most >= example.entry.effect, "{}: {changes:?}", example.name());
    }
    let without: Vec<String> =
        Entry::all().filter(|entry| entry.effect.is_some() && entry.examples.is_empty()).map(Entry::path).collect();
    // The name makes another table, a column's name is played below, backfills are examples as a whole, several
    // sources are played in a test of their own, and files that were taken by another column of versions are refused.
    let backfill = ["name", "path", "format", "csv_columns", "read_rank"].map(|name| format!("source.backfill.{name}"));
    let expected: Vec<String> = ["dataset".to_owned(), "sources".to_owned()]
        .into_iter()
        .chain(backfill)
        .chain(["apply.from_snapshot.column".to_owned(), "schema.name".to_owned()])
        .collect();
    assert_eq!(without, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_changes_alone_makes_what_a_full_refresh_makes() -> Result<()> {
    let base = Draft::base();
    let mut changes = Vec::new();
    for example in Example::all() {
        let (before, after) = (example.beside(&base), example.on(&base));
        let before = if before == after { base.clone() } else { before };
        let name = example.name();
        let change = |what: &str, before: &Draft, after: &Draft| Change {
            name: format!("{name} is {what}"),
            before: before.clone(),
            after: after.clone(),
            rejects: true,
        };
        changes.push(change("written", &before, &after));
        changes.push(change("removed", &after, &before));
    }
    for (column, first) in [("extra", false), ("later", false), ("first", true)] {
        let mut wider = base.clone();
        wider.add_column(column, "string", first);
        for rejects in [true, false] {
            let (before, after) = (base.clone(), wider.clone());
            changes.push(Change { name: format!("{column} comes"), before, after, rejects });
            let (before, after) = (wider.clone(), base.clone());
            changes.push(Change { name: format!("{column} goes"), before, after, rejects });
        }
    }
    // Its values are in older records under other names or in folders, so no name of a column says that those lack it.
    for (column, entry) in
        [("part", "path: changed.0"), ("made", "from: upper(remark)"), ("region", "from_folder: region")]
    {
        let mut wider = base.clone();
        wider.add_column(column, "string", false);
        wider.set("schema", &format!("{column}.{entry}"));
        for (what, before, after) in [("comes", &base, &wider), ("goes", &wider, &base)] {
            let (before, after) = (before.clone(), after.clone());
            changes.push(Change { name: format!("{column} {what}"), before, after, rejects: false });
        }
    }
    let entry = |change: &Change| change.name.rsplit_once(" is ").map(|(entry, _)| entry.to_owned());
    let changes = some_of_each_kind("SLUICE_CONTRACT_CHANGES", CHANGES, changes, entry);
    counted("contract changes", changes.len());
    play_all(changes).await
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_change_in_pairs_make_what_a_full_refresh_makes() -> Result<()> {
    let mut random = seeded("contract changes in pairs");
    let base = Draft::base();
    let examples = Example::all();
    let mut pairs = Vec::new();
    for (at, first) in examples.iter().enumerate() {
        for second in examples[at + 1..].iter().filter(|second| second.entry != first.entry) {
            pairs.push((first.clone(), second.clone()));
        }
    }
    random.shuffle(&mut pairs);
    let most = usize::try_from(amount("SLUICE_CONTRACT_PAIRS", PAIRS)).unwrap_or(usize::MAX);
    let mut changes = Vec::new();
    for (first, second) in pairs {
        let both = second.on(&first.on(&base));
        let (before, after) = match random.u8(0..4) {
            0 => (base.clone(), both),
            1 => (both, base.clone()),
            2 => (first.on(&base), second.on(&base)),
            _ => (first.on(&base), both),
        };
        let name = format!("{} and {}", first.name(), second.name());
        let change = Change { name, before, after, rejects: random.bool() };
        changes.extend(Some(change).filter(Change::is_valid));
        if changes.len() >= most {
            break;
        }
    }
    counted("contract changes in pairs", changes.len());
    play_all(changes).await
}
