//! One batch once more.

use super::{BatchDone, Span, TableRun};
use crate::RunError;
use crate::late::quarantine_late;
use crate::quarantine::{reasons, rejected_rows};
use crate::silver::SilverCommit;
use crate::ties::quarantine_losers;
use sluice_change::SourceFile;
use sluice_lake::{AppId, CommitInfo, Operation};
use std::time::Instant;

impl TableRun {
    /// Takes exactly the files of a batch that silver has to silver once more. Commits only if that
    /// changes a row, which says that silver was not what the events make of it.
    ///
    /// # Errors
    /// [`RunError`] when there is no such batch, or one of its files is not what it was.
    pub(crate) async fn again(&mut self, batch: u64) -> Result<BatchDone, RunError> {
        let started = Instant::now();
        if self.contract.apply.from_snapshot.is_some() {
            let message = format!("{} is made of snapshots, of which one alone says nothing", self.contract.name);
            return Err(RunError::input(message, "`sluice replay --full-refresh` makes silver again from all of them"));
        }
        let manifest = self.manifests.iter().find(|manifest| manifest.batch == batch).cloned().ok_or_else(|| {
            let next = format!("`sluice batches {}` lists the batches", self.contract.name);
            RunError::not_found(format!("{} has no batch {batch}", self.contract.name), next)
        })?;
        if batch > self.silver.batch() || self.silver.is_of_other_contract(&self.contract) {
            let message = format!("Silver of {} is behind batch {batch} or its contract", self.contract.name);
            return Err(RunError::input(message, "Run `sluice replay` first"));
        }
        for (file, content) in manifest.files_with_content() {
            self.check_unchanged(file, content).await?;
        }
        let decoded = self.decode_batch(&manifest).await?;
        let decoded = quarantine_losers(&self.contract, decoded)?;
        let decoded = quarantine_late(&self.contract, decoded, self.watermark().await?)?;
        let (why, span) = (reasons(&decoded), Span::of(&decoded));
        let quarantined = rejected_rows(&decoded);
        let changes = decoded.into_iter().map(|file| file.changes).collect();
        let candidate = self.silver.prepare(&self.contract, changes, quarantined).await?;
        let files = manifest.files.len() as u64;
        if candidate.writes_nothing {
            self.silver.discard(&candidate).await;
            let silver_version = self.silver_version();
            return Ok(BatchDone { files, ledger: candidate.ledger, reasons: why, silver_version });
        }
        let info = CommitInfo {
            batch: Some(self.silver.batch()),
            reasons: Some(why.clone()),
            span: Some(span.of_commit(started)),
            watermark: self.kept_watermark(self.watermark().await?),
            ..CommitInfo::default()
        };
        let app_id = AppId::reprocess(&self.contract.name);
        let last = self.silver.snapshot.as_ref().and_then(|snapshot| snapshot.txn(&app_id)).unwrap_or(0);
        let txn = u64::try_from(last).unwrap_or(0) + 1;
        let commit = SilverCommit { app_id: &app_id, txn, operation: Operation::Reprocess, info };
        let ledger = self.audit_and_publish(batch, candidate, commit).await?;
        Ok(BatchDone { files, ledger, reasons: why, silver_version: self.silver_version() })
    }

    /// Refuses a file that was written again since its batch.
    async fn check_unchanged(&self, file: &SourceFile, content: Option<&str>) -> Result<(), RunError> {
        let now = self.lake.objects().list(&file.path).await?.into_iter().find(|now| now.path == file.path);
        let same = match &now {
            Some(now) if now == file => true,
            Some(now) => match content {
                Some(content) => self.lake.ledger().content(now).await? == content,
                None => false,
            },
            None => false,
        };
        if same {
            return Ok(());
        }
        let what = if now.is_some() { "was written again since" } else { "is gone" };
        let next = "Its records are in bronze: `sluice replay --full-refresh` makes silver from them";
        Err(RunError::input(format!("{} {what}, so the batch can not be read again", file.path), next))
    }
}
