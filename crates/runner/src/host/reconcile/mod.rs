//! Answers how silver differs from its source, and repairs it.

mod other_table;
mod position;
mod settle;

use super::publish::author;
use super::quarantine::reason;
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::pipeline::context::TableContext;
use crate::pipeline::decoder::{Decoder, DecoderOptions};
use crate::pipeline::release_rule::Unpublished;
use crate::pipeline::replay_quarantine::looked_at;
use crate::reconcile::arrival::{Positions, ReadPosition};
use crate::reconcile::compare::compare;
use crate::reconcile::database::DatabaseTable;
use crate::reconcile::database::address::{Address, Server};
use crate::reconcile::dms::TableStatistics;
use crate::reconcile::file::read_file;
use crate::reconcile::read::Sides;
use crate::reconcile::repair::{Asked, repairs};
use crate::reconcile::report::{Found, Tally};
use crate::reconcile::request::request;
use crate::reconcile::silver_rows::SilverRows;
use crate::silver::Silver;
use crate::support::arrow_ipc::to_ipc;
use crate::support::blocking::blocking;
use crate::support::elapsed::elapsed_ms;
use crate::{Job, RunError};
use other_table::rows_of_table;
use position::read_position;
use sluice_api::{
    Answer, DiffSide, JobKind, Layer, ReconcileOptions, ReconcileWith, Reconciliation, RepairBy, SideLake, SideVersion,
    SourceRepair, TableRef, ask,
};
use sluice_cdc::LogPosition;
use sluice_change::EventSeq;
use sluice_contract::{Contract, Scd, TableName};
use sluice_lake::{Correction, RecordPlace, SourceMark, StoreTimes, correction_number};
use sluice_query::PersonalColumns;
use std::sync::Arc;
use std::time::Instant;

impl Answer<ask::Reconcile> for Host {
    async fn answer(&self, request: ask::Reconcile) -> Result<Reconciliation, RunError> {
        let ask::Reconcile { table, with, options, job } = request;
        let open = self.opened().await?;
        let title = format!("Reconcile {table}");
        let work = async |job: &Job| {
            let started = Instant::now();
            open.ready_to_reconcile(&table, self.options.store, job).await?.compared(&with, options, started).await
        };
        self.as_job(job, JobKind::Reconcile, title, |_| None, work).await
    }
}

impl Answer<ask::RepairFromSource> for Host {
    async fn answer(&self, request: ask::RepairFromSource) -> Result<SourceRepair, RunError> {
        let ask::RepairFromSource { job, table, with, options, by, because, author: named } = request;
        let open = self.opened().await?;
        let title = format!("Repair {table}");
        let work = async |job: &Job| {
            let ready = open.ready_to_reconcile(&table, self.options.store, job).await?;
            match by {
                RepairBy::Request => ready.requested(&with, options).await,
                RepairBy::Events => {
                    let because = reason(&because)?;
                    let by = author(named.as_deref()).await?.to_string();
                    ready.repaired(&with, options, because, by).await
                }
            }
        };
        self.as_job(job, JobKind::Reconcile, title, |_| None, work).await
    }
}

/// A table that is compared.
struct Ready<'a> {
    open: &'a OpenLake,
    job: &'a Job,
    times: StoreTimes,
    contract: Arc<Contract>,
    silver: SilverRows,
    positions: Positions,
    personal: PersonalColumns,
}

/// What was compared, and with what.
struct Compared {
    found: Found,
    with: String,
    server: Option<Server>,
    /// Schema and name in the source.
    source_table: Option<(String, String)>,
    personal: PersonalColumns,
    notes: Vec<String>,
}

impl OpenLake {
    async fn ready_to_reconcile<'a>(
        &'a self,
        name: &TableName,
        times: StoreTimes,
        job: &'a Job,
    ) -> Result<Ready<'a>, RunError> {
        let table = TableRef { layer: Layer::Silver, name: name.clone() };
        let declared = self.contract_of(&table).await?;
        let decoder = Decoder::new(DecoderOptions::default());
        let context = TableContext::open(&self.lake, &declared, &self.engine, job, &decoder).await?;
        let silver = Silver::open_to_look(&self.lake, name).await?;
        let Some(snapshot) = silver.snapshot.clone() else {
            let next = format!("Replay it with `sluice replay --table {name}`");
            return Err(RunError::not_found(format!("{table} does not exist yet"), next));
        };
        if silver.is_of_other_contract(&context.contract) {
            let message = format!("{table} was made by another contract than the one that it is compared by");
            return Err(RunError::input(message, format!("Run `sluice replay --table {name}` first")));
        }
        let SourceMark { last, newest_ms, orders, .. } = silver.source.clone();
        let positions = Positions {
            silver: last.as_deref().and_then(EventSeq::parse),
            // That of the last epoch of the source.
            order: orders.into_iter().next_back().map(|(_, words)| words),
            silver_ms: newest_ms,
            began_later: context.contract.started_ms.is_some(),
            ..Positions::default()
        };
        if context.contract.apply.scd == Scd::Append {
            let message = format!("{table} has a row for each event, and a source has one for each key");
            let next = "Reconcile a table of the latest rows of the same events, or compare it with another such table: \
                        `sluice diff`";
            return Err(RunError::input(message, next));
        }
        let rows = SilverRows { store: silver.store.clone(), snapshot, contract: Arc::clone(&context.contract) };
        let personal = self.personal_of(&table).await?;
        Ok(Ready { open: self, job, times, contract: context.contract, silver: rows, positions, personal })
    }
}

impl Ready<'_> {
    fn table(&self) -> TableRef {
        TableRef { layer: Layer::Silver, name: self.contract.name.clone() }
    }

    /// What differs.
    async fn compared(
        self,
        with: &ReconcileWith,
        options: ReconcileOptions,
        started: Instant,
    ) -> Result<Reconciliation, RunError> {
        if let ReconcileWith::DmsStatistics { path, table } = with {
            return self.beside_statistics(path, table.as_deref(), started).await;
        }
        let compared = self.compare(with, options).await?;
        self.view(&compared, started).await
    }

    async fn compare(&self, with: &ReconcileWith, options: ReconcileOptions) -> Result<Compared, RunError> {
        let mut positions = self.positions.clone();
        let mut notes = Vec::new();
        if positions.began_later {
            notes.push("The table began later than its source: rows that did not change since are missing".to_owned());
        }
        if self.contract.apply.scd == Scd::Type2 {
            notes.push("The current version of each key is compared: a source has no history".to_owned());
        }
        let mut personal = self.personal.clone();
        let mut live = None;
        let (sides, with, server, source_table) = match with {
            ReconcileWith::File { path, position } => {
                positions.read = position.as_deref().map(read_position).transpose()?;
                let (contract, file) = (Arc::clone(&self.contract), path.clone());
                let source = blocking(move || read_file(&contract, &file)).await?;
                if position.is_none() {
                    notes.push("The position of the rows of the file is not known".to_owned());
                }
                (Sides::whole(source, &self.silver).await?, path.clone(), None, None)
            }
            ReconcileWith::Database { url, table } => {
                let address = Address::of(url)?;
                let wanted = table.clone().unwrap_or_else(|| self.contract.name.table.clone());
                let mut database = DatabaseTable::open(&address, &self.contract, &wanted).await?;
                self.job.check()?;
                positions.read = database.log.position.map(ReadPosition::Log);
                positions.read_until = database.log.until;
                let in_log = positions.order.as_deref().zip(positions.silver.as_ref());
                let in_log = in_log.and_then(|(order, seq)| LogPosition::of(order, seq));
                positions.is_complete = database.is_complete(in_log, positions.silver_ms).await?;
                notes.extend(database.log.no_position.clone());
                let sides = Sides::of_database(&mut database, &self.silver, options, self.job).await?;
                let (schema, name) = database.name();
                let source_table = Some((schema.to_owned(), name.to_owned()));
                let (place, server) = (database.place().to_owned(), database.server());
                live = Some(database);
                (sides, place, Some(server), source_table)
            }
            ReconcileWith::Table(side) => {
                let other = self.open.side(side, self.times).await?;
                let here = DiffSide { table: self.table(), lake: SideLake::Open, version: SideVersion::Latest };
                let own = self.open.side(&here, self.times).await?;
                personal = personal.joined(&self.open.personal_of_sides([(side, &other), (&here, &own)]).await?);
                let with = match side.table == here.table {
                    true => other.name.clone(),
                    false => format!("{} of {}", side.table, other.name),
                };
                let source = rows_of_table(side, other).await?;
                (Sides::whole(source, &self.silver).await?, with, None, None)
            }
            ReconcileWith::DmsStatistics { .. } => {
                return Err(RunError::input(
                    "Statistics of a task hold no rows",
                    "Compare with the database itself to see which rows differ",
                ));
            }
        };
        if positions.is_read_older() {
            notes.push("What was read is older than silver".to_owned());
        }
        self.job.check()?;
        let contract = Arc::clone(&self.contract);
        let mut found = blocking(move || {
            let comparison = compare(&contract, &sides.source, &sides.silver)?;
            Found::new(sides, comparison, positions)
        })
        .await?;
        if options.wait_s > 0 {
            notes.extend(self.settle(&mut found, live, options.wait_s).await?);
        }
        Ok(Compared { found, with, server, source_table, personal, notes })
    }

    async fn view(&self, compared: &Compared, started: Instant) -> Result<Reconciliation, RunError> {
        let Compared { found, with, personal, notes, .. } = compared;
        let result = match found.rows(&self.contract)? {
            None => None,
            Some(rows) => {
                let (engine, ipc) = (self.open.engine.clone(), to_ipc(&rows)?);
                let result = blocking(move || Ok(engine.put_result(&ipc)?)).await?;
                Some(self.open.marked(result, personal.clone()))
            }
        };
        let Tally { counts, not_arrived, newer_in_silver, unknown } = found.tally();
        let is_whole = found.sides.hashed.is_none_or(|ranges| ranges.read == ranges.differing);
        Ok(Reconciliation {
            table: self.contract.name.clone(),
            with: with.clone(),
            version: self.silver.snapshot.version,
            verdict: found.verdict(with),
            is_equal: counts.all() == 0 && is_whole,
            position_read: found.position_read(),
            position_silver: found.position_silver(),
            source_rows: found.sides.source_rows,
            silver_rows: found.sides.silver_rows,
            counts,
            not_arrived,
            newer_in_silver,
            is_arrival_unknown: unknown > 0,
            columns: found.columns(),
            not_compared: found.comparison.not_compared.clone(),
            hashed: found.sides.hashed,
            sampled: found.sides.sampled,
            notes: notes.clone(),
            keys: found.keys(&self.contract, |name| personal.contains(name))?,
            result,
            elapsed_ms: elapsed_ms(started),
        })
    }

    /// Counts and the validation of a task of AWS DMS beside silver.
    async fn beside_statistics(
        self,
        path: &str,
        table: Option<&str>,
        started: Instant,
    ) -> Result<Reconciliation, RunError> {
        let file = path.to_owned();
        let failed = |source| RunError::File { path: path.to_owned(), source };
        let text = blocking(move || Ok(std::fs::read_to_string(file))).await?.map_err(failed)?;
        let wanted = table.map_or_else(|| self.contract.name.table.clone(), str::to_owned);
        let statistics = TableStatistics::of(&text, path, &wanted)?;
        let silver_rows = self.silver.count().await?;
        let with = format!("what the task counted of {}.{}", statistics.schema_name, statistics.table_name);
        let rows = statistics.rows();
        let complaints = statistics.complaints();
        let counted = match rows {
            None => format!("The task does not say how many rows there are; silver has {silver_rows}"),
            Some(rows) if rows == silver_rows => format!("Silver has {silver_rows} rows, as {with}"),
            Some(rows) => format!("Silver has {silver_rows} rows, {rows} by {with}"),
        };
        let validated = match statistics.is_validated() {
            Some(true) => "the task validated every row of its target",
            Some(false) => "the validation of the task did not end well",
            None => "the task does not validate",
        };
        let mut notes = complaints.clone();
        notes.push(
            "Statistics say how many rows there are, and not which: compare with the database to see them".to_owned(),
        );
        Ok(Reconciliation {
            table: self.contract.name.clone(),
            version: self.silver.snapshot.version,
            verdict: format!("{counted}; {validated}"),
            is_equal: rows == Some(silver_rows) && complaints.is_empty(),
            position_read: statistics.last_update_time.map(|time| format!("statistics of {time}")),
            position_silver: self.positions.silver.as_ref().map(EventSeq::position),
            source_rows: rows,
            silver_rows,
            counts: sluice_api::ReconcileCounts::default(),
            not_arrived: 0,
            newer_in_silver: 0,
            is_arrival_unknown: rows != Some(silver_rows),
            columns: Vec::new(),
            not_compared: Vec::new(),
            hashed: None,
            sampled: None,
            notes,
            keys: Vec::new(),
            result: None,
            elapsed_ms: elapsed_ms(started),
            with,
        })
    }

    /// Prints what the connector is asked.
    async fn requested(self, with: &ReconcileWith, options: ReconcileOptions) -> Result<SourceRepair, RunError> {
        let started = Instant::now();
        let compared = self.compare(with, options).await?;
        let table = compared.source_table.as_ref().map(|(schema, name)| (schema.as_str(), name.as_str()));
        let request = match compared.found.tally().counts.all() {
            0 => None,
            _ => Some(request(&self.contract, &compared.found, compared.server, table)?),
        };
        let next = match &request {
            None => "Nothing differs that is to be repaired".to_owned(),
            Some(_) => format!("Send it, let its rows arrive, then run `sluice replay --table {}`", self.contract.name),
        };
        let found = self.view(&compared, started).await?;
        Ok(SourceRepair { found, correction: None, upserts: 0, deletes: 0, request, next })
    }

    /// Writes corrective events, which the next run ingests.
    async fn repaired(
        self,
        with: &ReconcileWith,
        options: ReconcileOptions,
        because: String,
        by: String,
    ) -> Result<SourceRepair, RunError> {
        let started = Instant::now();
        let (lake, name) = (&self.open.lake, &self.contract.name);
        let set = ContractSet::draft(lake).await?;
        if let Some(refused) = Unpublished::of(lake, &set).await?.refuse(name) {
            return Err(refused);
        }
        let (_, table) = looked_at(lake, &self.open.engine, &self.open.contract_of(&self.table()).await?).await?;
        let files = lake.ledger().correction_files(name).await?;
        let batch_of = |path: &str| {
            let has = |manifest: &&Arc<sluice_lake::BatchManifest>| manifest.files.iter().any(|file| file.path == path);
            table.claimed.iter().find(has).map(|manifest| manifest.batch)
        };
        if files.iter().any(|file| batch_of(&file.path).is_none_or(|batch| batch > table.silver.batch())) {
            let message = format!("A correction of {name} is not in silver yet");
            return Err(RunError::input(message, format!("Run `sluice replay --table {name}`, then compare again")));
        }
        let compared = self.compare(with, options).await?;
        let ledger = lake.ledger();
        let asked = Asked { origin: compared.with.clone(), by: by.clone(), at_ms: ledger.now_ms() };
        let is_needed = compared.found.tally().counts.all() > 0;
        let found = self.view(&compared, started).await?;
        if !is_needed {
            let next = "Nothing differs that is to be repaired".to_owned();
            return Ok(SourceRepair { found, correction: None, upserts: 0, deletes: 0, request: None, next });
        }
        let repairs = repairs(&self.contract, &compared.found, &asked)?;
        let origin = RecordPlace { batch: 0, file: String::new(), row: 0, offset: 0 };
        let correction = Correction {
            origin,
            record: String::new(),
            more: Vec::new(),
            repairs: repairs.records,
            because,
            by,
            at_ms: asked.at_ms,
        };
        let claimed = table.claimed.iter().flat_map(|manifest| &manifest.files);
        let last = claimed.filter_map(|file| correction_number(&file.path)).max().unwrap_or(0);
        let number = ledger.put_correction(name, &correction, last).await?;
        let left = match repairs.left {
            0 => String::new(),
            1 => "; 1 row with a change under way was left".to_owned(),
            left => format!("; {left} rows with a change under way were left"),
        };
        Ok(SourceRepair {
            found,
            correction: Some(number),
            upserts: repairs.upserts,
            deletes: repairs.deletes,
            request: None,
            next: format!("Run `sluice replay --table {name}`, which ingests correction {number}{left}"),
        })
    }
}
