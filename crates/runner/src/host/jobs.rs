//! Watching and stopping long work.

use super::Host;
use crate::RunError;
use sluice_api::{Answer, JobView, ask};

impl Answer<ask::Jobs> for Host {
    async fn answer(&self, _request: ask::Jobs) -> Result<Vec<JobView>, RunError> {
        Ok(self.jobs.views())
    }
}

impl Answer<ask::Cancel> for Host {
    async fn answer(&self, request: ask::Cancel) -> Result<(), RunError> {
        let running = self.jobs.get(request.job);
        if let Some(running) = &running {
            running.cancel();
        }
        // Waits for nothing: while a lake is being opened it has no query to stop.
        let stopped = self.open.try_read().is_ok_and(|open| {
            let engine = open.as_ref().map(|open| &open.engine);
            engine.is_some_and(|engine| engine.cancel(request.job))
        });
        if stopped || running.is_some() {
            return Ok(());
        }
        Err(RunError::not_found("This job does not run any more", "Look at the list of jobs"))
    }
}
