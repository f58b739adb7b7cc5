//! Publishing.
//!
//! Two conditional writes: the release file, then the entry of the log that makes it current. Whoever is stopped between
//! the two has published nothing, and blocks nobody.

use crate::contents::Contents;
use crate::lock::{locked, open_lock};
use crate::pointer::{self, Pointer};
use crate::proposal::{ensure_approved, message_of, proposal};
use crate::release::{self, ReleaseFile};
use crate::settings::lake_settings;
use crate::{Author, PublishError};
use bytes::Bytes;
use sluice_api::{PlanDocument, ProposalView, PublishScope, PublishedView};
use sluice_lake::{Lake, PutNew};

/// Who publishes, and what is said of it.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Number of the release.
    pub release: u64,
    /// Release that has to be current.
    pub base: Option<u64>,
    /// Who, as the person named them.
    pub author: Option<Author>,
    /// Who it is if the person names nobody and the plan was not proposed.
    pub usual_author: Option<Author>,
    /// Why, in the author's words; may be empty.
    pub message: String,
    /// The plan that it is published by.
    pub plan: PlanDocument,
    /// Why it is published though its tests do not pass.
    pub without_tests: Option<String>,
    /// The person knows that an incident lock is open.
    pub during_incident: bool,
    /// The time, milliseconds since the Unix epoch.
    pub now_ms: i64,
}

/// Publishes contents as a release, if the base is still the current one and nobody has to agree first.
///
/// Calling it again with the same words after a failure is safe: what was written counts.
///
/// # Errors
/// [`PublishError::Conflict`] if someone else published first or took the number, [`PublishError::NotAllowed`] without
/// the approvals that the lake asks for or while an incident lock is open, [`PublishError::Blocked`],
/// [`PublishError::Input`], [`PublishError::Settings`], [`PublishError::Lake`].
pub async fn publish(
    lake: &Lake,
    contents: &Contents,
    publication: &Publication,
) -> Result<PublishedView, PublishError> {
    let Publication { release, base, plan, now_ms, .. } = publication;
    let (release, base) = (*release, *base);
    let needed = lake_settings(lake).await?.approvals;
    let proposed = proposal(lake, &plan.plan, needed, base).await?;
    let (author, message) = words(contents, publication, proposed.as_ref())?;
    let wanted = ReleaseFile {
        release,
        published_ms: *now_ms,
        author: Some(author.to_string()),
        message: Some(message),
        base,
        rollback: contents.rollback.as_ref().map(|rollback| rollback.release),
        engine: Some(plan.engine.clone()),
        approved_by: proposed.iter().flat_map(|proposal| &proposal.approvals).map(|each| each.by.clone()).collect(),
        plan: Some(Box::new(plan.clone())),
        contracts: contents.draft.contract_texts.clone(),
        models: contents.draft.model_texts.clone(),
        tests: contents.draft.test_texts.clone(),
        without_tests: publication.without_tests.clone(),
        hash: contents.draft.hash.clone(),
    };
    let newest = contents.newest;
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
    let blockers = contents.draft.blockers();
    if !blockers.is_empty() {
        return Err(PublishError::Blocked { blockers });
    }
    ensure_approved(proposed.as_ref(), needed)?;
    ensure_unlocked(lake, contents, publication.during_incident).await?;
    let file = match there {
        Some(there) => take_over(lake, there, &wanted).await?,
        None => write(lake, wanted).await?,
    };
    // Again, as late as possible: who locks after this look finds the release published.
    ensure_unlocked(lake, contents, publication.during_incident).await?;
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

/// The current release, if it is the one that a plan was published as: a reply that was lost is asked for again.
///
/// # Errors
/// [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn published_by(lake: &Lake, plan: &PlanDocument) -> Result<Option<PublishedView>, PublishError> {
    let Some(newest) = pointer::newest(lake).await? else { return Ok(None) };
    let file = release::read(lake, newest.release).await?;
    let is_it = file.plan.as_ref().is_some_and(|of| of.plan == plan.plan);
    Ok(is_it.then(|| published(lake, &file)))
}

/// Author and message of the release: those of the proposal, if the plan was proposed.
fn words(
    contents: &Contents,
    publication: &Publication,
    proposed: Option<&ProposalView>,
) -> Result<(Author, String), PublishError> {
    let author = match (proposed, &publication.author) {
        (Some(proposed), Some(named)) if !named.is_same_person(&proposed.author) => {
            let message =
                format!("{} proposed this plan and is the author of the release, not {named}", proposed.author);
            return Err(PublishError::input(message, "Leave --author out"));
        }
        (Some(proposed), _) => Author::new(&proposed.author)?,
        (None, Some(named)) => named.clone(),
        (None, None) => match &publication.usual_author {
            Some(usual) => usual.clone(),
            None => {
                return Err(PublishError::input("A release needs an author", "Name who publishes with --author"));
            }
        },
    };
    let own = match proposed {
        Some(proposed) if publication.message.trim().is_empty() => &proposed.message,
        _ => &publication.message,
    };
    let own = message_of(own)?;
    let message = match &contents.scope {
        PublishScope::Rollback(to) if own.is_empty() => format!("Rolls back to r{to}"),
        PublishScope::Rollback(to) => format!("Rolls back to r{to}. {own}"),
        PublishScope::Draft | PublishScope::Tables(_) => own,
    };
    Ok((author, message))
}

async fn ensure_unlocked(lake: &Lake, contents: &Contents, during_incident: bool) -> Result<(), PublishError> {
    let is_rollback = contents.rollback.is_some();
    match open_lock(lake).await? {
        Some(lock) if !(is_rollback && during_incident) => Err(locked(&lock, is_rollback)),
        _ => Ok(()),
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
        there.release,
        there.author_text(),
        there.message_text()
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
                file.release,
                file.author_text(),
                file.message_text(),
                file.release
            )
        }
        None => format!("Nothing is published in this lake, you began {began}. Look at the plan again"),
    };
    Ok(PublishError::Conflict { message })
}

fn published(lake: &Lake, file: &ReleaseFile) -> PublishedView {
    let location = format!("{}/{}", lake.url().trim_end_matches('/'), release::path_of(file.release));
    PublishedView { release: file.view(true), location, tables: Vec::new(), canary: Vec::new() }
}
