//! A batch that went wrong as one file, and a lake made of that file alone.

use super::export::from_home;
use super::saved_tests::{path_of, prepared, set_of, stated};
use super::{Host, HostOptions, OpenLake};
use crate::contract_set::ContractSet;
use crate::lake_tests::memory_lake::test_secrets;
use crate::lake_tests::replayed::replayed;
use crate::lake_tests::set_of_test::inner_path;
use crate::lake_tests::write::{WrittenExpectation, place_in_source, text};
use crate::pipeline::decoder::DecoderOptions;
use crate::pipeline::incident_records::{IncidentRecords, RecordPlace, incident_records};
use crate::support::pseudonyms::Pseudonyms;
use crate::support::rows_file::write_new_file;
use crate::{Job, ReplayOptions, RunError, replay};
use sluice_api::{
    Answer, BatchView, Incident, IncidentFile, IncidentRecord, JobId, Layer, OpenedIncident, SavedTest, TableName,
    TableRef, ask,
};
use sluice_contract::{Contract, LakeSettings, limits};
use sluice_lake::{Lake, LakeEnvironment, LakeError, TableLocation};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// The form that this version writes and reads.
const FORMAT: u32 = 1;
/// What this version calls itself.
const ENGINE: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));
/// Rows of silver that a test of an incident expects.
const TEST_ROWS_MAX: usize = 200;
/// What is written for whoever decided.
const SOMEBODY: &str = "a person";

impl Answer<ask::WriteIncident> for Host {
    async fn answer(&self, request: ask::WriteIncident) -> Result<IncidentFile, RunError> {
        let open = self.opened().await?;
        Box::pin(open.write_incident(request, &self.options)).await
    }
}

impl Answer<ask::OpenIncident> for Host {
    async fn answer(&self, request: ask::OpenIncident) -> Result<OpenedIncident, RunError> {
        let ask::OpenIncident { file, into } = request;
        let incident = read_incident(&from_home(&file)).await?;
        Box::pin(open_incident(&incident, &from_home(&into))).await
    }
}

impl OpenLake {
    async fn write_incident(
        &self,
        request: ask::WriteIncident,
        options: &HostOptions,
    ) -> Result<IncidentFile, RunError> {
        let ask::WriteIncident { table, batch, file, test, save } = request;
        if file.is_none() && test.is_none() {
            let next = "Name a file with --out, a test with --save-test, or both";
            return Err(RunError::input("Nothing was asked for", next));
        }
        let reference = TableRef { layer: Layer::Silver, name: table.clone() };
        let contract = self.contract_of(&reference).await?;
        let job = Job::new(JobId(0), format!("Batch {batch} of {table} as an incident"));
        let max = limits::INCIDENT_RECORDS_MAX;
        let found = incident_records(&self.lake, &self.engine, &contract, batch, max, &job).await?;
        let mut written = IncidentFile {
            file: None,
            test: None,
            records: found.records.len() as u64,
            keys: found.keys,
            left_out: found.left_out,
            replaced: 0,
        };
        if let Some(name) = test {
            written.test = Some(self.incident_test(&contract, batch, &found, &name, save).await?);
        }
        if let Some(file) = file {
            let incident = self.incident(&table, batch, &contract, found, options).await?;
            written.replaced = incident.replaced;
            let mut text =
                serde_json::to_vec_pretty(&incident).map_err(|error| RunError::Internal(error.to_string()))?;
            text.push(b'\n');
            written.file = Some(write_new_file(&from_home(&file), &text)?.display().to_string());
        } else {
            let mut pseudonyms = Pseudonyms::of(&contract);
            found.records.values().for_each(|record| drop(pseudonyms.record(record)));
            written.replaced = pseudonyms.count();
        }
        Ok(written)
    }

    async fn incident(
        &self,
        table: &TableName,
        batch: u64,
        contract: &Arc<Contract>,
        found: IncidentRecords,
        options: &HostOptions,
    ) -> Result<Incident, RunError> {
        let IncidentRecords { records, keys, left_out, contract: effective, .. } = found;
        let mut pseudonyms = Pseudonyms::of(&effective);
        let concerned: BTreeSet<u64> = records.keys().map(|(batch, _, _)| *batch).chain([batch]).collect();
        let mut ledger = self.replay_view(table, None, None).await?.batches;
        ledger.retain(|view| concerned.contains(&view.batch));
        ledger.iter_mut().for_each(without_people);
        let silver = ledger.iter().find(|view| view.batch == batch).and_then(|view| view.silver_version);
        let bronze = ledger.iter().find(|view| view.batch == batch).and_then(|view| view.bronze_version);
        let doctor = self.doctor(&table.to_string(), Some(batch), None).await?;
        let settings = match self.lake.objects().read(LakeSettings::PATH).await {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(LakeError::NotFound { .. }) => String::new(),
            Err(error) => return Err(error.into()),
        };
        let record = |((batch, file, record), text): (RecordPlace, String)| IncidentRecord {
            batch,
            file,
            record,
            text: pseudonyms.record(&text),
        };
        let records = records.into_iter().map(record).collect();
        Ok(Incident {
            format: FORMAT,
            engine: ENGINE.to_owned(),
            written_ms: options.clock.now_ms(),
            environment: environment(&self.lake),
            table: table.clone(),
            batch,
            contract: (format!("contracts/{}/{}.yaml", table.dataset, table.table), contract.text.clone()),
            settings,
            versions: BTreeMap::from([("bronze".to_owned(), bronze), ("silver".to_owned(), silver)]),
            ledger,
            doctor,
            records,
            keys,
            left_out,
            replaced: pseudonyms.count(),
        })
    }

    /// A test that expects what the engine makes of the batch.
    async fn incident_test(
        &self,
        contract: &Arc<Contract>,
        batch: u64,
        found: &IncidentRecords,
        name: &str,
        save: bool,
    ) -> Result<SavedTest, RunError> {
        let count = found.records.len();
        if count > limits::INCIDENT_TEST_RECORDS_MAX || found.left_out > 0 {
            let message = format!(
                "Batch {batch} and its keys have {} records, a test has at most {}",
                count as u64 + found.left_out,
                limits::INCIDENT_TEST_RECORDS_MAX
            );
            let next = "Take the key that matters: `sluice explain TABLE --key K=V --save-test NAME`";
            return Err(RunError::input(message, next));
        }
        let table = &contract.name;
        let path = path_of(table, name)?;
        let mut notes = vec![
            format!(
                "Batch {batch} of {table} and what its keys had before; personal values are replaced, equal ones by equal ones."
            ),
            "It expects what this version makes of the records. Edit the expectation to what it should be.".to_owned(),
        ];
        let records = prepared(&found.contract, found.records.clone(), &found.corrections, &mut notes);
        let draft = text(contract, "", &[], &records, &WrittenExpectation::default());
        let played = Box::pin(replayed(&set_of(contract), &path, &draft)).await?;
        let mut silver = stated(&found.contract, &played.silver);
        let others_allowed = silver.len() > TEST_ROWS_MAX;
        silver.truncate(TEST_ROWS_MAX);
        let rejects = played.quarantine.into_iter().map(|of| (of.reason, of.column, of.record)).collect();
        let expect = WrittenExpectation { silver, others_allowed, quarantine: Some(rejects), stopped: played.stopped };
        let text = text(contract, &format!("What batch {batch} did"), &notes, &records, &expect);
        if save {
            self.save_new_test(&path, &text).await?;
        }
        Ok(SavedTest { path, text, saved: save })
    }
}

fn without_people(view: &mut BatchView) {
    for decision in view.decisions.iter_mut().filter(|decision| !decision.by_guard) {
        SOMEBODY.clone_into(&mut decision.by);
    }
}

/// What of a machine may matter, without its address and its people.
fn environment(lake: &Lake) -> BTreeMap<String, String> {
    let store = match lake.local_root() {
        Some(_) => "folder",
        None => lake.url().split(':').next().unwrap_or("unknown"),
    };
    let cores = std::thread::available_parallelism().map_or_else(|_| "unknown".to_owned(), |cores| cores.to_string());
    let facts = [
        ("system", std::env::consts::OS.to_owned()),
        ("architecture", std::env::consts::ARCH.to_owned()),
        ("cores", cores),
        ("store", store.to_owned()),
        ("sandbox", lake.sandbox().is_some().to_string()),
    ];
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

async fn read_incident(path: &Path) -> Result<Incident, RunError> {
    let shown = path.display().to_string();
    let failed = |source| RunError::File { path: shown.clone(), source };
    let size = tokio::fs::metadata(path).await.map_err(failed)?.len();
    let no_incident = |message: String| {
        RunError::input(message, "Name a file that `sluice incident TABLE --batch N --out FILE` wrote")
    };
    if size > limits::INCIDENT_FILE_BYTES_MAX {
        return Err(no_incident(format!("{shown} has {size} bytes and is no incident")));
    }
    let failed = |source| RunError::File { path: shown.clone(), source };
    let bytes = tokio::fs::read(path).await.map_err(failed)?;
    let incident: Incident =
        serde_json::from_slice(&bytes).map_err(|error| no_incident(format!("{shown} is no incident: {error}")))?;
    if incident.format != FORMAT {
        let next = "Open it with the version of Sluice that wrote it, which it names under engine";
        let message = format!("{shown} has form {}, this version reads form {FORMAT}", incident.format);
        return Err(RunError::input(message, next));
    }
    Ok(incident)
}

/// The contract with its sources inside of the lake.
fn contract_inside(incident: &Incident) -> Result<Contract, RunError> {
    let (path, text) = &incident.contract;
    let contract = Contract::parse(text, path).map_err(RunError::Contract)?;
    let sources = contract.source.iter().chain(&contract.sources).map(|source| &source.path);
    let mut text = text.clone();
    for outside in sources.chain(contract.backfills.iter().map(|backfill| &backfill.path)) {
        let inner = inner_path(outside);
        if inner != *outside {
            text = text.replace(outside.as_str(), &inner);
        }
    }
    let contract = Contract::parse(&text, path).map_err(RunError::Contract)?;
    let mut sources = contract.source.iter().chain(&contract.sources);
    if let Some(source) = sources.find(|source| inner_path(&source.path) != source.path) {
        let message = format!("The contract of the incident reads {}, which is outside of the lake", source.path);
        return Err(RunError::input(message, "Write a folder inside of the lake as its source.path in the file"));
    }
    if contract.name != incident.table || contract.source.is_none() {
        let message = format!("The contract of the incident is none of {}", incident.table);
        return Err(RunError::input(message, "The file was edited; take the one that Sluice wrote"));
    }
    Ok(contract)
}

async fn open_incident(incident: &Incident, into: &Path) -> Result<OpenedIncident, RunError> {
    let shown = into.display().to_string();
    if into.exists() && into.read_dir().map_or(true, |mut entries| entries.next().is_some()) {
        let next = "Name an empty folder, or one that is not there yet";
        return Err(RunError::input(format!("{shown} is not an empty folder"), next));
    }
    let contract = Arc::new(contract_inside(incident)?);
    let mut batches: BTreeMap<u64, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for IncidentRecord { batch, file, text, .. } in &incident.records {
        let (source, name) = place_in_source(&contract, file);
        if name.is_empty() || name.split('/').any(|part| matches!(part, ".." | "." | "")) {
            let next = "The file was edited; take the one that Sluice wrote";
            return Err(RunError::input("A record of the incident is of a file outside of its source", next));
        }
        let folder = folder_of(&contract, source.as_deref());
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        batches.entry(*batch).or_default().entry(path).or_default().push(text.clone());
    }
    let secrets = test_secrets([&contract].into_iter());
    let lake = Lake::open_in(&shown, LakeEnvironment { secrets, ..LakeEnvironment::default() }).await?;
    Lake::make(&shown, LakeEnvironment::default().store).await?;
    lake.ledger().put_contract(&contract.name, &contract.text).await?;
    if !incident.settings.is_empty() {
        lake.objects().put(LakeSettings::PATH, incident.settings.clone().into()).await?;
    }
    let open = OpenLake::over(lake, None)?;
    let set = ContractSet::draft(&open.lake).await?;
    let mut records: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut numbers, mut stopped) = (Vec::new(), None);
    for (batch, files) in batches {
        for (path, of_file) in files {
            let content: String = of_file.iter().map(|record| format!("{record}\n")).collect();
            open.lake.objects().put(&path, content.into()).await?;
            records.insert(path, of_file);
        }
        let decoder = DecoderOptions { records: Arc::new(records.clone()), ..DecoderOptions::default() };
        let options = ReplayOptions { tables: vec![contract.name.clone()], decoder, ..ReplayOptions::default() };
        let job = Job::new(JobId(0), format!("Replay the incident in {}", contract.name));
        let summary = replay(&open.lake, &open.engine, &set, &options, &job).await?;
        let replayed = summary.tables.into_iter().find(|replayed| replayed.table == contract.name);
        stopped = replayed.and_then(|replayed| replayed.error).map(|error| error.message);
        let manifests = open.lake.ledger().batches(&contract.name).await?;
        numbers.push((batch, manifests.last().map_or(0, |manifest| manifest.batch)));
    }
    let rows = async |location: TableLocation| {
        let snapshot = open.lake.table(location).snapshot(None).await?;
        Ok::<_, RunError>(snapshot.map_or(0, |snapshot| snapshot.rows()))
    };
    Ok(OpenedIncident {
        lake: shown,
        table: contract.name.clone(),
        batches: numbers,
        stopped,
        silver_rows: rows(TableLocation::Silver(contract.name.clone())).await?,
        quarantined: rows(TableLocation::Quarantine(contract.name.clone())).await?,
    })
}

fn folder_of<'a>(contract: &'a Contract, source: Option<&str>) -> &'a str {
    let named = |name: &str| {
        let sources = contract.sources.iter().find(|source| source.name.as_deref() == Some(name));
        let backfill = contract.backfills.iter().find(|backfill| backfill.name == name);
        sources.map(|source| &source.path).or(backfill.map(|backfill| &backfill.path))
    };
    let own = contract.source.as_ref().map(|source| &source.path);
    source.and_then(named).or(own).map_or("landing", String::as_str)
}
