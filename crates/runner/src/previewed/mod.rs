//! Whether the tables that a run makes by a release are as they were where the release was tried.
//!
//! A release carries what it was previewed to do: for each table what it was made of, and the fingerprint of the result
//! ([`preview`]). The run compares before a version becomes visible ([`Previews`]): the same inputs and the same result
//! are *as previewed*; with other inputs nothing is compared, and that is said; the same inputs with another result are
//! not published, the table stays on the version that readers see, and the first row that differs is kept
//! ([`difference`]). What is known is kept beside the release, so that a later run does not read the table again.

pub(crate) mod difference;
pub(crate) mod inputs;
pub(crate) mod preview;

use crate::support::blocking::blocking;
use crate::support::personal::personal_columns;
use crate::support::table_content::{files_fingerprint, rows_of};
use crate::{Job, RunError};
use arrow::array::RecordBatch;
use difference::difference;
use inputs::{Inputs, silver_inputs, silver_inputs_now};
use sluice_api::{Layer, Previewed, PreviewedTable, Reached, ReachedTable, TableRef};
use sluice_contract::{Contract, TableName};
use sluice_engine::{Fingerprint, fingerprint};
use sluice_lake::{BatchManifest, DataFile, DeltaStore, Lake, RecordDecisions, Snapshot};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What a release was previewed to do, and how far it is reached. [`crate::run`] makes it of the release.
#[derive(Debug)]
pub struct Previews {
    release: u64,
    previewed: Previewed,
    known: Mutex<BTreeMap<TableRef, ReachedTable>>,
    news: Mutex<Vec<ReachedTable>>,
}

/// A version of silver that is visible, or about to be.
pub(crate) struct SilverVersion<'a> {
    pub(crate) store: &'a DeltaStore,
    /// Its columns.
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) files: &'a [DataFile],
}

impl Previews {
    /// Those of a release; `None` if nothing was previewed, or in a sandbox, which is not what readers read.
    ///
    /// # Errors
    /// If the lake cannot be read.
    pub(crate) async fn open(lake: &Lake, release: u64, previewed: Previewed) -> Result<Option<Arc<Self>>, RunError> {
        if previewed.tables.is_empty() || lake.sandbox().is_some() {
            return Ok(None);
        }
        let known = sluice_publish::reached(lake, release).await?;
        let known = known.into_iter().map(|reached| (reached.table.clone(), reached)).collect();
        Ok(Some(Arc::new(Self { release, previewed, known: Mutex::new(known), news: Mutex::default() })))
    }

    /// What was newly found since the last call.
    pub(crate) fn take_news(&self) -> Vec<ReachedTable> {
        std::mem::take(&mut *self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn known(&self, table: &TableRef) -> Option<ReachedTable> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned()
    }

    /// The preview of a table that is not compared for good yet.
    fn wanted(&self, table: &TableRef) -> Option<&PreviewedTable> {
        let is_final = |known: &ReachedTable| matches!(known.reached, Reached::AsPreviewed | Reached::MovedOn);
        self.previewed.of(table).filter(|_| !self.known(table).as_ref().is_some_and(is_final))
    }

    /// Whether a table is not as it was previewed, and may come to be.
    fn may_still_be_reached(&self, table: &TableRef) -> bool {
        let is_open = |known: ReachedTable| matches!(known.reached, Reached::Waiting | Reached::Differs);
        self.previewed.of(table).is_some() && self.known(table).is_none_or(is_open)
    }

    /// Compares a version of silver that has the batches of these manifests; `None` if there is nothing to say.
    ///
    /// # Errors
    /// If its rows cannot be read.
    pub(crate) async fn compare_silver<'m>(
        &self,
        lake: &Lake,
        contract: &Contract,
        version: SilverVersion<'_>,
        (manifests, decided): (impl IntoIterator<Item = &'m BatchManifest>, &RecordDecisions),
    ) -> Result<Option<ReachedTable>, RunError> {
        let table = TableRef { layer: Layer::Silver, name: contract.name.clone() };
        let Some(wanted) = self.wanted(&table) else { return Ok(None) };
        let inputs = silver_inputs(contract, manifests).with_decided(decided);
        if let Some(other) = self.other_inputs(lake, wanted, &inputs, "change files") {
            return Ok(Some(other));
        }
        let SilverVersion { store, snapshot, files } = version;
        let found = files_fingerprint(store, snapshot, files).await?;
        if let Some(reached) = self.by_fingerprint(lake, wanted, &found) {
            return Ok(Some(reached));
        }
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        let rows = if rows > ROWS_SEARCHED_MAX { None } else { Some(rows_of(store, snapshot, files).await?) };
        let personal = personal_columns(contract);
        self.differs(lake, wanted, rows, contract.row_key(), |name| personal.contains(name)).await.map(Some)
    }

    /// Compares the rows that a model made, of which `inputs` is what they are made of; `None` where that is not known
    /// yet, because a table that it reads is not by the release.
    ///
    /// # Errors
    /// If the rows cannot be compared.
    pub(crate) async fn compare_gold(
        &self,
        lake: &Lake,
        model: &TableName,
        (inputs, reads): (impl Future<Output = Result<Option<Inputs>, RunError>>, &BTreeMap<TableRef, u64>),
        rows: &[RecordBatch],
        is_personal: impl Fn(&str) -> bool,
    ) -> Result<Option<ReachedTable>, RunError> {
        let table = TableRef { layer: Layer::Gold, name: model.clone() };
        let Some(wanted) = self.wanted(&table) else { return Ok(None) };
        let Some(inputs) = inputs.await? else { return Ok(None) };
        if inputs.hash != wanted.inputs_hash {
            let (reached, note) = match reads.keys().any(|table| self.may_still_be_reached(table)) {
                true => (Reached::Waiting, WAITS_FOR_TABLES),
                false => (Reached::MovedOn, TABLES_MOVED_ON),
            };
            return Ok(Some(self.say(lake, wanted, reached, note.to_owned())));
        }
        let (rows, hashed) = (rows.to_vec(), rows.to_vec());
        let found = blocking(move || Ok(fingerprint(&hashed)?)).await?;
        if let Some(reached) = self.by_fingerprint(lake, wanted, &found) {
            return Ok(Some(reached));
        }
        self.differs(lake, wanted, Some(rows), Vec::new(), is_personal).await.map(Some)
    }

    /// Compares silver as it is, if it is by this contract and was not compared in this version.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) async fn look_at_silver(
        &self,
        lake: &Lake,
        contract: &Arc<Contract>,
        job: &Job,
    ) -> Result<(), RunError> {
        let table = TableRef { layer: Layer::Silver, name: contract.name.clone() };
        if self.wanted(&table).is_none() {
            return Ok(());
        }
        let Some((silver, _)) = silver_inputs_now(lake, contract).await? else { return Ok(()) };
        let Some(snapshot) = &silver.snapshot else { return Ok(()) };
        if self.known(&table).is_some_and(|known| known.version == Some(snapshot.version)) {
            return Ok(());
        }
        let manifests = lake.ledger().batches(&contract.name).await?;
        let of = manifests.iter().map(AsRef::as_ref).filter(|manifest| silver.is_made_of(manifest.batch));
        let version = SilverVersion { store: &silver.store, snapshot, files: &snapshot.files };
        let decided = lake.ledger().record_decisions(&contract.name).await?.up_to(silver.decided);
        if let Some(reached) = self.compare_silver(lake, contract, version, (of, &decided)).await? {
            let reached = match reached.reached {
                Reached::Differs => ReachedTable { note: format!("{}, and is visible", reached.note), ..reached },
                _ => reached,
            };
            self.keep(lake, ReachedTable { version: Some(snapshot.version), ..reached }, job).await;
        }
        Ok(())
    }

    /// Whether a gold table is still to be compared in this version.
    pub(crate) fn wants_gold(&self, model: &TableName, version: Option<u64>) -> bool {
        let table = TableRef { layer: Layer::Gold, name: model.clone() };
        let is_known = |known: ReachedTable| version.is_some() && known.version == version;
        self.wanted(&table).is_some() && !self.known(&table).is_some_and(is_known)
    }

    /// Keeps what was found of a version; nothing depends on it. What differs is not published.
    ///
    /// # Errors
    /// [`RunError::NotAsPreviewed`] if it differs.
    pub(crate) async fn ensure_as_previewed(
        &self,
        lake: &Lake,
        found: Option<ReachedTable>,
        visible: Option<u64>,
        job: &Job,
    ) -> Result<Option<ReachedTable>, RunError> {
        match found {
            Some(found) if found.reached == Reached::Differs => {
                let (table, release) = (found.table.clone(), self.release);
                let stays = visible.map_or_else(
                    || "there is no version yet".to_owned(),
                    |version| format!("v{version} stays visible"),
                );
                self.keep(lake, ReachedTable { version: visible, ..found }, job).await;
                Err(RunError::NotAsPreviewed { table, release, stays })
            }
            other => Ok(other),
        }
    }

    /// Keeps how a table compares, if that is news.
    pub(crate) async fn keep(&self, lake: &Lake, reached: ReachedTable, job: &Job) {
        if self.known(&reached.table).is_some_and(|known| known.says_the_same(&reached)) {
            return;
        }
        if let Err(error) = sluice_publish::keep_reached(lake, &reached).await {
            job.log(format!("{}: how it compares with the preview was not kept: {error}", reached.table));
        }
        job.log(format!("{}: {}: {}", reached.table, reached.reached, reached.note));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(reached.table.clone(), reached.clone());
        self.news.lock().unwrap_or_else(PoisonError::into_inner).push(reached);
    }

    /// What is said where the inputs are others.
    fn other_inputs(&self, lake: &Lake, wanted: &PreviewedTable, found: &Inputs, what: &str) -> Option<ReachedTable> {
        if found.hash == wanted.inputs_hash {
            return None;
        }
        let counts = format!("{} {what} were previewed, {} are in it", wanted.inputs, found.count);
        Some(if found.count < wanted.inputs {
            self.say(lake, wanted, Reached::Waiting, format!("It waits for more inputs: {counts}"))
        } else {
            let note = format!("The inputs moved on since the preview, so nothing was compared: {counts}");
            self.say(lake, wanted, Reached::MovedOn, note)
        })
    }

    /// What the fingerprint says; `None` if it is another one.
    fn by_fingerprint(&self, lake: &Lake, wanted: &PreviewedTable, found: &str) -> Option<ReachedTable> {
        if found == wanted.fingerprint {
            return Some(self.say(lake, wanted, Reached::AsPreviewed, SAME.to_owned()));
        }
        // One of an earlier kind says nothing about this one.
        let is_other_kind = !Fingerprint::is_one(&wanted.fingerprint);
        is_other_kind.then(|| self.say(lake, wanted, Reached::MovedOn, OTHER_KIND.to_owned()))
    }

    /// What is said of another result of the same inputs; `rows` if the first difference can be looked for, `key` the
    /// columns that make a row one.
    async fn differs(
        &self,
        lake: &Lake,
        wanted: &PreviewedTable,
        rows: Option<Vec<RecordBatch>>,
        key: Vec<String>,
        is_personal: impl Fn(&str) -> bool,
    ) -> Result<ReachedTable, RunError> {
        let is_searched = rows.is_some();
        let first = match rows {
            Some(rows) => difference(lake, &self.previewed, wanted, rows, key, is_personal).await?,
            None => None,
        };
        let tried = self
            .previewed
            .sandbox
            .as_deref()
            .map_or_else(|| "the preview".to_owned(), |name| format!("sandbox {name}"));
        let note = match &first {
            Some(_) => format!("The same inputs as in {tried} gave another result"),
            None if is_searched => {
                format!("The same inputs as in {tried} gave another result; its rows can no longer be read")
            }
            None => format!(
                "The same inputs as in {tried} gave another result; of more than {ROWS_SEARCHED_MAX} rows the first \
                 difference is not looked for, `sluice diff` shows them"
            ),
        };
        Ok(ReachedTable { first, ..self.say(lake, wanted, Reached::Differs, note) })
    }

    fn say(&self, lake: &Lake, wanted: &PreviewedTable, reached: Reached, note: String) -> ReachedTable {
        ReachedTable {
            release: self.release,
            table: wanted.table.clone(),
            reached,
            version: None,
            note,
            at_ms: lake.ledger().now_ms(),
            first: None,
        }
    }
}

/// Rows of a table of which the first difference is looked for: they are compared in memory.
const ROWS_SEARCHED_MAX: u64 = 4_000_000;
const OTHER_KIND: &str = "It was previewed by an earlier version of Sluice, whose fingerprints cannot be compared";
const SAME: &str = "The same inputs gave the same result";
const WAITS_FOR_TABLES: &str = "It waits for a table that it reads, which is not as in the preview yet";
const TABLES_MOVED_ON: &str = "The tables that it reads moved on since the preview, so nothing was compared";
