//! Publishing and rolling back.

use crate::PublishError;
use crate::draft::{Draft, draft};
use crate::pointer::{self, Pointer};
use crate::release::{self, ReleaseFile};
use bytes::Bytes;
use sluice_api::PublishedView;
use sluice_lake::{Lake, PutNew};

/// Publishes the draft as release number `release`, if `base` is still the current release.
///
/// Calling it again with the same words after a failure is safe: what was written counts.
///
/// # Errors
/// [`PublishError::Conflict`] if someone else published first or took the number,
/// [`PublishError::Blocked`], [`PublishError::Lake`].
pub async fn publish(
    lake: &Lake,
    release: u64,
    base: Option<u64>,
    note: &str,
    author: &str,
    now_ms: i64,
) -> Result<PublishedView, PublishError> {
    let newest = pointer::newest(lake).await?;
    let draft = draft(lake).await?;
    let wanted = release_file(&draft, release, base, note, author, now_ms);
    let there = release::read_if_there(lake, release).await?;
    if let (Some(newest), Some(there)) = (newest, &there)
        && newest.release == release
        && there.same_publish(&wanted)
    {
        return Ok(published(lake, there));
    }
    if newest.map(|newest| newest.release) != base {
        return Err(moved_on(lake, newest, base).await?);
    }
    let blockers = draft.blockers();
    if !blockers.is_empty() {
        return Err(PublishError::Blocked { blockers });
    }
    let file = match there {
        Some(there) => take_over(lake, there, &wanted).await?,
        None => write(lake, wanted).await?,
    };
    match pointer::append(lake, newest, release).await? {
        PutNew::Created => Ok(published(lake, &file)),
        PutNew::Exists => {
            let newest = pointer::newest(lake).await?;
            if newest.is_some_and(|newest| newest.release == release) {
                return Ok(published(lake, &file));
            }
            Err(moved_on(lake, newest, base).await?)
        }
    }
}

/// Makes a release that was current before current again.
///
/// # Errors
/// [`PublishError::NotPublished`], [`PublishError::Conflict`] if someone published in between,
/// [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn roll_back(lake: &Lake, to: u64) -> Result<PublishedView, PublishError> {
    let pointers = pointer::all(lake).await?;
    if !pointers.iter().any(|pointer| pointer.release == to) {
        return Err(PublishError::NotPublished { release: to });
    }
    let file = release::read(lake, to).await?;
    let newest = pointers.last().copied();
    if newest.is_some_and(|newest| newest.release == to) {
        return Ok(published(lake, &file));
    }
    match pointer::append(lake, newest, to).await? {
        PutNew::Created => Ok(published(lake, &file)),
        PutNew::Exists => {
            let now = pointer::newest(lake).await?;
            Err(moved_on(lake, now, newest.map(|newest| newest.release)).await?)
        }
    }
}

fn release_file(draft: &Draft, release: u64, base: Option<u64>, note: &str, author: &str, now_ms: i64) -> ReleaseFile {
    ReleaseFile {
        release,
        published_ms: now_ms,
        author: author.to_owned(),
        note: note.to_owned(),
        base,
        contracts: draft.contract_texts.clone(),
        models: draft.model_texts.clone(),
        hash: draft.hash.clone(),
    }
}

async fn write(lake: &Lake, wanted: ReleaseFile) -> Result<ReleaseFile, PublishError> {
    let path = release::path_of(wanted.release);
    let bytes = serde_json::to_vec_pretty(&wanted)
        .map_err(|error| PublishError::Corrupt { reason: error.to_string(), path: path.clone() })?;
    match lake.objects().put_new(&path, Bytes::from(bytes)).await? {
        PutNew::Created => Ok(wanted),
        PutNew::Exists => take_over(lake, release::read(lake, wanted.release).await?, &wanted).await,
    }
}

/// A release file without a pointer is what a publisher left who was stopped between the two
/// writes. The same wish finishes it; another wish needs another number.
async fn take_over(lake: &Lake, there: ReleaseFile, wanted: &ReleaseFile) -> Result<ReleaseFile, PublishError> {
    if there.same_publish(wanted) {
        return Ok(there);
    }
    let next = release::highest(lake).await? + 1;
    let message = format!(
        "Release r{} is taken: {} wrote it (\"{}\"). Look at the plan again and publish r{next}",
        there.release, there.author, there.note
    );
    Err(PublishError::Conflict { message })
}

async fn moved_on(lake: &Lake, newest: Option<Pointer>, base: Option<u64>) -> Result<PublishError, PublishError> {
    let began = base.map_or_else(|| "when nothing was published".to_owned(), |base| format!("from r{base}"));
    let message = match newest {
        Some(newest) => {
            let file = release::read(lake, newest.release).await?;
            format!(
                "r{} by {} (\"{}\") is current, you began {began}. Look at the plan again, then publish on top of r{}",
                file.release, file.author, file.note, file.release
            )
        }
        None => format!("Nothing is published in this lake, you began {began}. Look at the plan again"),
    };
    Ok(PublishError::Conflict { message })
}

fn published(lake: &Lake, file: &ReleaseFile) -> PublishedView {
    let location = format!("{}/{}", lake.url().trim_end_matches('/'), release::path_of(file.release));
    PublishedView { release: file.view(true), location }
}
