//! Maintenance of tables as a job.

use super::{Host, OpenLake};
use crate::support::elapsed::elapsed_ms;
use crate::{Clock, Job, MaintainOptions, RunError, maintain};
use sluice_api::{Answer, JobKind, MaintainSettings, MaintainSummary, TableRef, Vacuum, ask};
use std::time::Instant;

impl Answer<ask::StartMaintain> for Host {
    async fn answer(&self, request: ask::StartMaintain) -> Result<MaintainSummary, RunError> {
        let ask::StartMaintain { job, tables, options, dry_run } = request;
        let open = self.opened().await?;
        let title = match tables.as_slice() {
            [table] => format!("Maintain {table}"),
            several => format!("Maintain {} tables", several.len()),
        };
        let failure = |summary: &MaintainSummary| summary.failed.first().map(|(_, error)| error.clone());
        let options = MaintainOptions { dry_run, ..of_settings(&options) };
        let work = async |job: &Job| open.maintain(tables, &options, &self.options.clock, job).await;
        self.as_job(job, JobKind::Maintain, title, failure, work).await
    }
}

impl OpenLake {
    /// One table after the other; one that fails stops no other, a cancelled job does.
    async fn maintain(
        &self,
        tables: Vec<TableRef>,
        options: &MaintainOptions,
        clock: &Clock,
        job: &Job,
    ) -> Result<MaintainSummary, RunError> {
        let started = Instant::now();
        let mut summary = MaintainSummary::default();
        for table in tables {
            match maintain(&self.lake, &table, options, clock, job).await {
                Ok(done) => summary.tables.push(done),
                Err(RunError::Cancelled) => return Err(RunError::Cancelled),
                Err(error) => summary.failed.push((table, error.to_api())),
            }
        }
        Ok(MaintainSummary { elapsed_ms: elapsed_ms(started), ..summary })
    }
}

fn of_settings(settings: &MaintainSettings) -> MaintainOptions {
    let MaintainSettings { target_bytes, cluster_by, deleted_percent, vacuum } = settings;
    let defaults = MaintainOptions::default();
    MaintainOptions {
        target_bytes: target_bytes.unwrap_or(defaults.target_bytes),
        cluster_by: cluster_by.clone(),
        dead_share: deleted_percent.map_or(defaults.dead_share, |percent| f64::from(percent) / 100.0),
        retention: match vacuum {
            Vacuum::Default => defaults.retention,
            Vacuum::After(retention) => Some(*retention),
            Vacuum::Off => None,
        },
        ..defaults
    }
}

#[cfg(test)]
mod tests {
    use super::of_settings;
    use crate::MaintainOptions;
    use sluice_api::{MaintainSettings, Vacuum};
    use std::time::Duration;

    #[test]
    fn nothing_said_is_the_default_of_the_command_line() {
        let (of_default, default) = (of_settings(&MaintainSettings::default()), MaintainOptions::default());
        assert_eq!(of_default.retention, default.retention);
        assert_eq!(of_default.target_bytes, default.target_bytes);
        assert!((of_default.dead_share - default.dead_share).abs() < f64::EPSILON);
    }

    #[test]
    fn files_stay_where_vacuum_is_off() {
        let vacuum = |vacuum| of_settings(&MaintainSettings { vacuum, ..MaintainSettings::default() }).retention;
        assert_eq!(vacuum(Vacuum::Off), None);
        assert_eq!(vacuum(Vacuum::After(Duration::from_secs(60))), Some(Duration::from_secs(60)));
    }
}
