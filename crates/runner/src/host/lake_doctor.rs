//! Answers what is wrong with the lake itself.

use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::support::blocking::blocking;
use crate::support::elapsed::elapsed_ms;
use crate::{IN_FLIGHT_DEFAULT, RETENTION_DEFAULT, RunError};
use sluice_api::{Answer, LakeCheck, LakeCheckCode, LakeCheckState, LakeReport, ask};
use sluice_lake::{StoreProof, StoreRight, TableLocation, VacuumOptions};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Tables that a sentence names.
const NAMED: usize = 3;

impl Answer<ask::LakeDoctor> for Host {
    async fn answer(&self, _request: ask::LakeDoctor) -> Result<LakeReport, RunError> {
        self.opened().await?.lake_doctor().await
    }
}

fn check(code: LakeCheckCode, state: LakeCheckState, sentence: impl Into<String>, advice: &str) -> LakeCheck {
    LakeCheck { code, state, sentence: sentence.into(), advice: advice.to_owned() }
}

impl OpenLake {
    async fn lake_doctor(&self) -> Result<LakeReport, RunError> {
        let started = Instant::now();
        let name = format!("{}-{}", std::process::id(), self.lake.ledger().now_ms());
        let proof = self.lake.objects().prove_rights(&name).await?;
        let mut checks: Vec<LakeCheck> = proof.rights.iter().map(of_right).collect();
        if self.lake.local_root().is_none() {
            checks.extend(of_bucket(&proof));
        }
        let (leftover, readers) = self.of_tables().await?;
        checks.push(leftover);
        checks.push(self.of_cache().await?);
        checks.push(readers);
        Ok(LakeReport { lake: self.lake.url().to_owned(), checks, elapsed_ms: elapsed_ms(started) })
    }

    /// Files that no version needs, and what the tables ask of their readers.
    async fn of_tables(&self) -> Result<(LakeCheck, LakeCheck), RunError> {
        let set = ContractSet::draft(&self.lake).await?;
        let sources = set.contracts.keys().flat_map(|name| {
            [
                TableLocation::Bronze(name.clone()),
                TableLocation::Silver(name.clone()),
                TableLocation::Quarantine(name.clone()),
            ]
        });
        let models = set.models.iter().map(|model| TableLocation::Gold(model.name.clone()));
        let milliseconds = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let options = VacuumOptions {
            retention_ms: milliseconds(RETENTION_DEFAULT),
            in_flight_ms: milliseconds(IN_FLIGHT_DEFAULT),
            writing_since_ms: None,
            now_ms: self.lake.ledger().now_ms(),
            dry_run: true,
        };
        let (mut files, mut bytes, mut with) = (0_u64, 0_u64, Vec::new());
        let (mut plain, mut with_vectors) = (0_u64, Vec::new());
        let mut unread = Vec::new();
        for location in sources.chain(models).collect::<Vec<_>>() {
            let is_read = matches!(location, TableLocation::Silver(_) | TableLocation::Gold(_));
            let store = self.lake.table(location);
            let name = store.folder().to_owned();
            let snapshot = match store.snapshot(None).await {
                Ok(Some(snapshot)) => snapshot,
                Ok(None) => continue,
                // What cannot be opened is said by the table's own screen; here it is not counted as well.
                Err(_) => {
                    unread.push(name);
                    continue;
                }
            };
            match is_read && snapshot.files.iter().any(sluice_lake::DataFile::has_deletion_vector) {
                true => with_vectors.push(name.clone()),
                false => plain += u64::from(is_read),
            }
            let unused = store.maintenance().vacuum(options).await?;
            let count = (unused.data_files.len() + unused.vector_files.len()) as u64;
            if count > 0 {
                files += count;
                bytes += unused.bytes;
                with.push(name);
            }
        }
        let shown = |names: &[String]| {
            let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
            format!("{}{more}", names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", "))
        };
        let leftover = match files {
            0 if unread.is_empty() => {
                check(LakeCheckCode::LeftoverFiles, LakeCheckState::Passed, "no file that no version needs", "")
            }
            0 => {
                let sentence = format!("tables that cannot be opened were not looked at: {}", shown(&unread));
                check(LakeCheckCode::LeftoverFiles, LakeCheckState::Unknown, sentence, "`sluice status` says why")
            }
            files => {
                let sentence = format!(
                    "{files} files of {bytes} bytes that no version of the last 7 days needs, in {}",
                    shown(&with)
                );
                check(LakeCheckCode::LeftoverFiles, LakeCheckState::Warned, sentence, "`sluice maintain` removes them")
            }
        };
        let readers = match with_vectors.as_slice() {
            [] => {
                let sentence = format!("{plain} tables are read by every reader of Delta tables (reader version 1)");
                check(LakeCheckCode::Readers, LakeCheckState::Passed, sentence, "")
            }
            names => {
                let sentence = format!(
                    "{} tables have deletion vectors, among them {}: delta-rs 1.6.6 (QueryBuilder), Polars 2.1.0, Sail 0.7.2 \
                     and Spark 4.1 read them, deltalake's to_pandas and Daft refuse them; {plain} others are read by all",
                    names.len(),
                    shown(names)
                );
                let advice = "For other readers write `apply.mode: copy_on_write`, see docs/readers.md";
                check(LakeCheckCode::Readers, LakeCheckState::Passed, sentence, advice)
            }
        };
        Ok((leftover, readers))
    }

    /// What is kept on this machine.
    async fn of_cache(&self) -> Result<LakeCheck, RunError> {
        let folders: Vec<PathBuf> = match self.lake.local_root() {
            Some(root) => vec![root.join("_sluice/cache")],
            None => vec![self.lake.cache_folder()],
        };
        let bytes = blocking(move || Ok(folders.iter().map(|folder| size_of(folder)).sum::<u64>())).await?;
        let code = LakeCheckCode::CacheSize;
        Ok(match self.lake.objects().free_bytes() {
            Some(free) if bytes > free => {
                let sentence = format!("the cache has {bytes} bytes, and {free} are free on its disk");
                check(code, LakeCheckState::Warned, sentence, "It may be removed while nothing runs; it is built again")
            }
            Some(free) => {
                check(code, LakeCheckState::Passed, format!("the cache has {bytes} bytes, {free} are free"), "")
            }
            None => check(code, LakeCheckState::Passed, format!("the cache on this machine has {bytes} bytes"), ""),
        })
    }
}

/// Bytes of the files below a folder; what cannot be read has none.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let of_entry = |entry: std::fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size_of(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |known| known.len()),
        _ => 0,
    };
    entries.filter_map(Result::ok).map(of_entry).sum()
}

fn of_right((right, proven): &(StoreRight, Result<(), String>)) -> LakeCheck {
    let (code, what) = match right {
        StoreRight::Create => (LakeCheckCode::RightCreate, "write a new object"),
        StoreRight::CreateOnce => {
            (LakeCheckCode::ConditionalPut, "refuse a conditional write over an object that is there")
        }
        StoreRight::Read => (LakeCheckCode::RightRead, "read an object"),
        StoreRight::List => (LakeCheckCode::RightList, "list a folder"),
        StoreRight::Replace => (LakeCheckCode::RightReplace, "replace an object"),
        StoreRight::Delete => (LakeCheckCode::RightDelete, "remove an object"),
    };
    match proven {
        Ok(()) => check(code, LakeCheckState::Passed, format!("proven: {what}"), ""),
        Err(why) => {
            let advice = match right {
                StoreRight::CreateOnce => {
                    "Two writers would overwrite each other: use a store with conditional writes (S3 since 2024, MinIO, R2)"
                }
                StoreRight::Create | StoreRight::Replace => {
                    "Allow s3:PutObject on the lake's prefix, or write rights of the folder"
                }
                StoreRight::Read => "Allow s3:GetObject on the lake's prefix",
                StoreRight::List => "Allow s3:ListBucket on the bucket, for the lake's prefix",
                StoreRight::Delete => {
                    "Allow s3:DeleteObject on the lake's prefix; until then `sluice maintain` cannot remove files"
                }
            };
            check(code, LakeCheckState::Failed, format!("cannot {what}: {why}"), advice)
        }
    }
}

/// What a bucket shows of its settings; what it does not show is unknown.
fn of_bucket(proof: &StoreProof) -> Vec<LakeCheck> {
    use LakeCheckState::{Failed, Passed, Unknown, Warned};
    let ask_versioning = "`aws s3api get-bucket-versioning --bucket NAME` says it";
    let versioning = match proof.keeps_versions {
        Some(true) => (
            Passed,
            "former versions of objects are kept",
            "Set a lifecycle rule that removes those that are older than you need",
        ),
        Some(false) => (
            Warned,
            "former versions of objects are not kept, so what another program removes is gone",
            "Switch versioning on",
        ),
        None => (Unknown, "no object could be written, so it did not show", ask_versioning),
    };
    let public = match proof.is_public {
        Some(false) => (Passed, "an object was not readable without credentials", ""),
        Some(true) => {
            (Failed, "an object was readable by anybody without credentials", "Switch on Block Public Access")
        }
        None => (Unknown, "it could not be tried", "`aws s3api get-public-access-block --bucket NAME` says it"),
    };
    let connection = match proof.is_encrypted_on_the_way {
        Some(true) => (Passed, "requests go over https", ""),
        Some(false) => (Warned, "requests go over http, and anybody on the way reads them", "Use an https endpoint"),
        None => (Unknown, "it did not show", ""),
    };
    let at_rest =
        "`aws s3api get-bucket-encryption --bucket NAME` says it; S3 itself encrypts every new object since 2023";
    let at_rest = (Unknown, "the store does not show it to a reader", at_rest);
    [
        (LakeCheckCode::Versioning, versioning),
        (LakeCheckCode::PublicAccess, public),
        (LakeCheckCode::EncryptedConnection, connection),
        (LakeCheckCode::EncryptionAtRest, at_rest),
    ]
    .into_iter()
    .map(|(code, (state, sentence, advice))| check(code, state, sentence, advice))
    .collect()
}
