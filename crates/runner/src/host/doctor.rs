//! Answers what is wrong with a change feed.

use super::compare::compare_with_source;
use super::onboard::{Wanted, draft, inspect};
use super::source_tables::place_of;
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::doctor::Place;
use crate::pipeline::doctor::{Examined, examine_files, examine_table};
use crate::pipeline::source_files::new_files;
use crate::pipeline::source_listing::Look;
use crate::support::elapsed::elapsed_ms;
use crate::{Job, RunError};
use sluice_api::{Answer, DoctorReport, FEED_CHECKS, Finding, FindingCode, FindingSeverity, JobId, TableName, ask};
use sluice_cdc::{file_order_key, is_change_file};
use sluice_contract::{Contract, OnboardAnswers, plain_path};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

impl Answer<ask::Doctor> for Host {
    async fn answer(&self, request: ask::Doctor) -> Result<Vec<DoctorReport>, RunError> {
        let ask::Doctor { source, batch, with } = request;
        self.opened().await?.doctor(&source, batch, with.as_deref()).await
    }
}

impl OpenLake {
    pub(super) async fn doctor(
        &self,
        source: &str,
        batch: Option<u64>,
        with: Option<&str>,
    ) -> Result<Vec<DoctorReport>, RunError> {
        let job = Job::new(JobId(0), format!("Examine {source}"));
        let sets = self.contracts.of(&self.lake).await?;
        let name = source.strip_prefix("silver.").unwrap_or(source).parse::<TableName>().ok();
        // The draft counts where it has the table: it is what the next batch is read by.
        let known = |name: &TableName| sets.iter().find_map(|set| set.contracts.get(name).cloned());
        if let Some(contract) = name.as_ref().filter(|_| !source.contains('/')).and_then(known) {
            return Ok(vec![self.examine_known(&contract, batch, with, &job).await?]);
        }
        if let Some(set) = sets.first()
            && let Some(name) = name.filter(|name| !source.contains('/') && set.invalid.contains_key(name))
        {
            // Says what is wrong with it.
            set.contract(&name)?;
        }
        let contracts: BTreeMap<TableName, Arc<Contract>> = sets
            .iter()
            .rev()
            .flat_map(|set| set.contracts.iter().map(|(name, contract)| (name.clone(), Arc::clone(contract))))
            .collect();
        let inspected = inspect(&self.lake, source, &contracts).await?;
        if inspected.tables.is_empty() {
            let next = "Name a table of the lake, or a folder with change files; `sluice status` lists the tables";
            return Err(RunError::not_found(format!("{source} is no table, and no folder with change files"), next));
        }
        let mut reports = Vec::new();
        for table in inspected.tables {
            job.check()?;
            let contract = contracts.get(&table.name).filter(|_| table.has_contract);
            if batch.is_some() && contract.is_none() {
                let message = format!("{} is no table yet, so it has no batches", table.path);
                return Err(RunError::input(message, "Leave out --batch"));
            }
            reports.push(match contract {
                Some(contract) => self.examine_known(contract, batch, with, &job).await?,
                None => self.examine_folder(&table.path, &table.name, &job).await?,
            });
        }
        Ok(reports)
    }

    async fn examine_known(
        &self,
        contract: &Arc<Contract>,
        batch: Option<u64>,
        with: Option<&str>,
        job: &Job,
    ) -> Result<DoctorReport, RunError> {
        let started = Instant::now();
        let batches = self.lake.ledger().batches(&contract.name).await?;
        let waiting = new_files(&self.lake, contract, &batches, Look::Everything).await?.files;
        let path = contract.source.as_ref().map_or_else(String::new, |source| source.path.clone());
        if batches.is_empty() {
            // Nothing was read yet: what waits is what there is.
            let mut examined = examine_files(&self.lake, &self.engine, contract, waiting, job).await?;
            for check in [22, 23, 24] {
                examined.found.not_run.insert(check, format!("{} has no batch yet", contract.name));
            }
            return Ok(report(contract.name.clone(), path, true, (examined, 0), started));
        }
        let mut examined = examine_table(&self.lake, &self.engine, contract, batch, job).await?;
        self.reconcile(contract, with, &mut examined).await?;
        Ok(report(contract.name.clone(), path, true, (examined, waiting.len() as u64), started))
    }

    /// Silver beside a dump of the source.
    async fn reconcile(
        &self,
        contract: &Arc<Contract>,
        with: Option<&str>,
        examined: &mut Examined,
    ) -> Result<(), RunError> {
        let code = FindingCode::Reconcile;
        let found = &mut examined.found;
        let Some(folder) = with else {
            let because = "a dump of the source is needed: `--with FOLDER` with a <table>.jsonl.gz";
            found.not_run.insert(code.check(), because.to_owned());
            return Ok(());
        };
        let mut set = ContractSet::default();
        set.contracts.insert(contract.name.clone(), Arc::clone(contract));
        let compared = compare_with_source(&self.lake, &set, Path::new(folder)).await?;
        let Some(compared) = compared.into_iter().next() else {
            let because = format!("{folder} has no {}.jsonl.gz", contract.name.table);
            found.not_run.insert(code.check(), because);
            return Ok(());
        };
        if compared.is_equal() {
            return Ok(());
        }
        let file = found.begin_file(&format!("silver.{}", contract.name), None);
        let place = Place { file, record: None };
        for (count, what) in [(compared.missing, "rows are missing"), (compared.surplus, "rows are surplus")] {
            if count > 0 {
                found.note_many(code, place, count, format!("{count} {what}"), "");
            }
        }
        for (column, count) in compared.differing {
            found.note_many(code, place, count, format!("{count} rows differ in {column}"), "");
        }
        Ok(())
    }

    async fn examine_folder(&self, path: &str, name: &TableName, job: &Job) -> Result<DoctorReport, RunError> {
        let started = Instant::now();
        let wanted =
            Wanted { path: path.to_owned(), name: Some(name.clone()), table: None, answers: OnboardAnswers::default() };
        let proposal = draft(&self.lake, &self.engine, wanted).await?;
        let contract = proposed_contract(&proposal.yaml).map_err(|problem| {
            let message = format!("{path} cannot be read without a contract: {problem}");
            RunError::input(message, format!("Onboard it first: `sluice onboard {path}`"))
        })?;
        let place = place_of(&plain_path(path));
        let mut files = self.lake.objects().list(&place.folder).await?;
        files.retain(|file| is_change_file(&file.path) && place.has(&file.path));
        files.sort_by_cached_key(|file| (file_order_key(&file.path), file.path.clone()));
        let examined = examine_files(&self.lake, &self.engine, &Arc::new(contract), files, job).await?;
        Ok(report(name.clone(), path.to_owned(), false, (examined, 0), started))
    }
}

/// The proposed contract, without what was guessed of a sample and may not hold for all: it is read to find what is wrong
/// with the feed, not with the guess.
fn proposed_contract(yaml: &str) -> Result<Contract, String> {
    let mut lines = Vec::new();
    for line in yaml.lines() {
        let bare = line.split(" # decide").next().unwrap_or(line).trim_end();
        let is_open = bare.contains('?') && bare.trim_start().starts_with("type:");
        lines.push(match bare.trim() {
            _ if is_open => "  type: string",
            "required: true" => continue,
            "type: int" | "type: smallint" => "  type: bigint",
            _ => line,
        });
    }
    let parsed = Contract::parse(&lines.join("\n"), "the proposed contract");
    parsed.map_err(|problems| {
        problems.first().map_or_else(String::new, |problem| format!("line {}: {}", problem.line, problem.message))
    })
}

fn report(
    table: TableName,
    source: String,
    onboarded: bool,
    (examined, files_waiting): (Examined, u64),
    started: Instant,
) -> DoctorReport {
    let Examined { found, records, batches } = examined;
    let findings = found.findings();
    let has_found = |check: u8| findings.iter().any(|finding| finding.code.check() == check);
    let not_run: BTreeMap<u8, String> = found
        .not_run
        .iter()
        .filter(|(check, _)| !has_found(**check))
        .map(|(check, why)| (*check, why.clone()))
        .collect();
    let passed: Vec<u8> =
        (1..=FEED_CHECKS).filter(|check| !has_found(*check) && !not_run.contains_key(check)).collect();
    let files = found.feed_files();
    DoctorReport {
        verdict: verdict(&table, &findings, passed.len(), not_run.len(), records),
        table,
        source,
        onboarded,
        findings,
        passed,
        not_run,
        records,
        files,
        files_waiting,
        batches,
        elapsed_ms: elapsed_ms(started),
    }
}

fn verdict(table: &TableName, findings: &[Finding], passed: usize, not_run: usize, records: u64) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let words = [
        (FindingSeverity::Error, "error", "errors"),
        (FindingSeverity::Warning, "warning", "warnings"),
        (FindingSeverity::Info, "note", "notes"),
    ];
    let counted: Vec<String> = words
        .into_iter()
        .map(|(severity, one, many)| (count(severity), one, many))
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    let unknown = match not_run {
        0 => String::new(),
        1 => "; 1 check could not run".to_owned(),
        several => format!("; {several} checks could not run"),
    };
    match counted.as_slice() {
        [] if records == 0 => format!("The feed of {table} has no records{unknown}"),
        [] => format!("{passed} checks found nothing in the {records} records of {table}{unknown}"),
        [only] => format!("The feed of {table} has {only}{unknown}"),
        [most @ .., last] => format!("The feed of {table} has {} and {last}{unknown}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::proposed_contract;

    #[test]
    fn a_proposal_is_read_without_its_guesses() {
        let yaml = "dataset: a.b\nsource:\n  path: x\n  format: debezium_json\nschema:\n- name: id\n  type: int\n  \
            primary_key: true\n- name: total\n  type: \"decimal(12,?)\" # decide: the scale\n- name: v\n  type: string\n  \
            required: true\n";
        let contract = proposed_contract(yaml).unwrap();
        let types: Vec<String> = contract.columns.iter().map(|column| column.data_type.to_string()).collect();
        assert_eq!(types, ["bigint", "string", "string"]);
        assert!(!contract.column("v").unwrap().required);
        assert!(proposed_contract("dataset: a.b\n").is_err());
    }
}
