//! What a release is to hold: the draft, the current release with the drafts of some tables, or what an earlier
//! release holds.

use crate::PublishError;
use crate::document::{Document, set_hash};
use crate::draft::{Draft, draft};
use crate::pointer::{self, Pointer};
use crate::release::{self, ReleaseFile};
use sluice_api::{Layer, PublishScope, ReleaseId, TableRef};
use sluice_contract::{Contract, Problem, TableName, compare_contracts};
use sluice_lake::Lake;
use std::collections::{BTreeMap, BTreeSet};

/// The tables that a query reads; only who has a SQL engine knows.
pub type Reads<'a> = &'a (dyn Fn(&str) -> Vec<TableRef> + Sync);

/// What a release is to hold, over the release that is current.
#[derive(Debug)]
pub struct Contents {
    /// What was asked for.
    pub scope: PublishScope,
    /// The contracts and models that the release would have, and what is wrong with them.
    pub draft: Draft,
    /// For [`PublishScope::Tables`], what is taken from the draft.
    pub taken: Vec<TableRef>,
    /// The current release's contracts and models.
    pub base: Draft,
    /// Entry of the log that was the newest.
    pub(crate) newest: Option<Pointer>,
    pub(crate) base_file: Option<ReleaseFile>,
    /// Hash of the texts that are taken from the draft.
    pub(crate) draft_hash: Option<String>,
    pub(crate) rollback: Option<ReleaseId>,
}

impl Contents {
    /// Number of the current release.
    #[must_use]
    pub fn base_release(&self) -> Option<u64> {
        self.base_file.as_ref().map(|file| file.release)
    }

    /// The release that a rollback goes back to.
    #[must_use]
    pub fn rollback(&self) -> Option<&ReleaseId> {
        self.rollback.as_ref()
    }

    /// Whether checks on the rows as they are can stand in the way of a table. A rollback is the way out of what a
    /// release did to the rows, and of some tables the others are not published.
    #[must_use]
    pub fn is_judged_by_rows(&self, table: &TableName) -> bool {
        match self.scope {
            PublishScope::Draft => true,
            PublishScope::Rollback(_) => false,
            PublishScope::Tables(_) => {
                self.taken.iter().any(|taken| taken.layer == Layer::Silver && taken.name == *table)
            }
        }
    }
}

/// Reads what a release of this scope would hold now.
///
/// # Errors
/// [`PublishError::NotPublished`] for a rollback to a release that never was current, [`PublishError::Input`] for a
/// table that neither draft nor release have, [`PublishError::Lake`], [`PublishError::Corrupt`]. What is wrong in the
/// texts is in [`Contents::draft`].
pub async fn contents(lake: &Lake, scope: &PublishScope, reads: Reads<'_>) -> Result<Contents, PublishError> {
    let newest = pointer::newest(lake).await?;
    let base_file = match newest {
        Some(newest) => Some(release::read(lake, newest.release).await?),
        None => None,
    };
    let base =
        base_file.clone().map(|file| Draft::of_documents(file.contracts, file.models, file.tests)).unwrap_or_default();
    let mut contents = Contents {
        scope: scope.clone(),
        draft: Draft::default(),
        taken: Vec::new(),
        base,
        newest,
        base_file,
        draft_hash: None,
        rollback: None,
    };
    match scope {
        PublishScope::Draft => {
            let drafted = draft(lake).await?;
            contents.draft_hash = Some(drafted.hash.clone());
            contents.draft = drafted;
        }
        PublishScope::Tables(named) => {
            let drafted = draft(lake).await?;
            let (base_parts, draft_parts) = (Parts::of(&contents.base), Parts::of(&drafted));
            let taken = taken(named, &base_parts, &draft_parts, reads)?;
            let Texts { contracts, models, tests } = mixed(&base_parts, &draft_parts, &taken);
            let of_draft = mixed(&Parts::default(), &draft_parts, &taken);
            contents.draft_hash = Some(set_hash(&of_draft.contracts, &of_draft.models, &of_draft.tests));
            let mut mix = Draft::of_documents(contracts, models, tests);
            mix.problems.extend(missing_company(&mix, &contents.base, &drafted, &taken, reads));
            contents.draft = mix;
            contents.taken = taken.into_iter().collect();
        }
        PublishScope::Rollback(number) => {
            let (file, _) = release::published(lake, *number).await?;
            contents.rollback = Some(ReleaseId { release: *number, hash: file.hash.clone() });
            contents.draft = Draft::of_documents(file.contracts, file.models, file.tests);
        }
    }
    Ok(contents)
}

/// Texts by the table that they are of. What names no table is nobody's part.
#[derive(Default)]
struct Parts {
    tables: BTreeMap<TableRef, Vec<Document>>,
    /// Tests by their table. They go with it and do not make it another one.
    tests: BTreeMap<TableRef, Vec<Document>>,
}

/// Texts by what they are.
#[derive(Default)]
struct Texts {
    contracts: Vec<Document>,
    models: Vec<Document>,
    tests: Vec<Document>,
}

impl Parts {
    fn of(draft: &Draft) -> Self {
        let mut tables: BTreeMap<TableRef, Vec<Document>> = BTreeMap::new();
        let contracts = draft.contract_texts.iter().map(|document| (document.contract_table(), document));
        let models = draft.model_texts.iter().map(|document| (document.model_table(), document));
        for (table, document) in contracts.chain(models) {
            if let Some(table) = table {
                tables.entry(table).or_default().push(document.clone());
            }
        }
        let mut tests: BTreeMap<TableRef, Vec<Document>> = BTreeMap::new();
        for document in &draft.test_texts {
            if let Some(table) = document.tested_table() {
                tests.entry(table).or_default().push(document.clone());
            }
        }
        Self { tables, tests }
    }

    fn get(&self, table: &TableRef) -> &[Document] {
        self.tables.get(table).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a model reads, by its text.
    fn read_by(&self, model: &TableRef, reads: Reads<'_>) -> Vec<TableRef> {
        self.get(model).iter().flat_map(|document| reads(&document.text)).collect()
    }
}

/// The named tables and models, the changed models that read a changed one of them, and the changed models that those
/// read: a model was written for its inputs as they are in the draft.
fn taken(
    named: &[TableName],
    base: &Parts,
    draft: &Parts,
    reads: Reads<'_>,
) -> Result<BTreeSet<TableRef>, PublishError> {
    let known: BTreeSet<&TableRef> = base.tables.keys().chain(draft.tables.keys()).collect();
    let mut taken: BTreeSet<TableRef> = BTreeSet::new();
    for name in named {
        let found: Vec<&TableRef> = known.iter().copied().filter(|table| table.name == *name).collect();
        if found.is_empty() {
            let names: BTreeSet<String> = known.iter().map(|table| table.name.to_string()).collect();
            let names: Vec<String> = names.into_iter().collect();
            let message = format!("{name} is neither in the draft nor in the current release");
            let next = match names.as_slice() {
                [] => "There are no tables yet; `sluice onboard` makes contracts".to_owned(),
                names => format!("There are {}", names.join(", ")),
            };
            return Err(PublishError::input(message, next));
        }
        taken.extend(found.into_iter().cloned());
    }
    if taken.is_empty() {
        return Err(PublishError::input("No table is named", "Name at least one, or publish the draft as a whole"));
    }
    let changed = |table: &TableRef| base.get(table) != draft.get(table);
    let models: BTreeMap<&TableRef, BTreeSet<TableRef>> = known
        .iter()
        .copied()
        .filter(|table| table.layer == Layer::Gold && changed(table))
        .map(|model| (model, base.read_by(model, reads).into_iter().chain(draft.read_by(model, reads)).collect()))
        .collect();
    loop {
        let more: Vec<TableRef> = models
            .iter()
            .filter(|(model, inputs)| {
                let reads_taken = inputs.iter().any(|input| taken.contains(input) && changed(input));
                let is_read = models.iter().any(|(reader, inputs)| taken.contains(*reader) && inputs.contains(**model));
                !taken.contains(**model) && (reads_taken || is_read)
            })
            .map(|(model, _)| (*model).clone())
            .collect();
        if more.is_empty() {
            return Ok(taken);
        }
        taken.extend(more);
    }
}

/// The texts of the release, but of the taken tables those of the draft; each by path.
fn mixed(base: &Parts, draft: &Parts, taken: &BTreeSet<TableRef>) -> Texts {
    let kept = base.tables.iter().filter(|(table, _)| !taken.contains(*table));
    let new = draft.tables.iter().filter(|(table, _)| taken.contains(*table));
    let mut texts = Texts::default();
    for (table, documents) in kept.chain(new) {
        match table.layer {
            Layer::Gold => texts.models.extend(documents.iter().cloned()),
            Layer::Bronze | Layer::Silver => texts.contracts.extend(documents.iter().cloned()),
        }
    }
    let kept = base.tests.iter().filter(|(table, _)| !taken.contains(*table));
    let new = draft.tests.iter().filter(|(table, _)| taken.contains(*table));
    texts.tests.extend(kept.chain(new).flat_map(|(_, documents)| documents.iter().cloned()));
    for documents in [&mut texts.contracts, &mut texts.models, &mut texts.tests] {
        documents.sort_by(|a, b| a.path.cmp(&b.path));
    }
    texts
}

/// Taken models that read a table whose columns the draft has and the release will not have: they would not do what was
/// seen of them.
fn missing_company(
    mix: &Draft,
    base: &Draft,
    draft: &Draft,
    taken: &BTreeSet<TableRef>,
    reads: Reads<'_>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for document in &mix.model_texts {
        let Some(model) = document.model_table().filter(|model| taken.contains(model)) else { continue };
        for input in reads(&document.text) {
            let is_left_out = input.layer == Layer::Silver && !taken.contains(&input);
            let Some(drafted) = draft.contracts.get(&input.name).filter(|_| is_left_out) else { continue };
            let message = match base.contracts.get(&input.name) {
                None => format!("{model} reads {input}, which is in the draft and in no release yet"),
                Some(published) if have_other_columns(published, drafted) => {
                    format!("{model} reads {input}, whose columns differ in the draft")
                }
                Some(_) => continue,
            };
            let fix = format!("Publish it too: --table {}", input.name);
            problems.push(Problem { file: document.path.clone(), line: 1, column: 1, message, fix });
        }
    }
    problems
}

fn have_other_columns(before: &Contract, after: &Contract) -> bool {
    compare_contracts(Some(before), Some(after)).iter().any(|change| change.place.starts_with("schema."))
}
