//! Plans that wait for others to approve them: `_sluice/proposals/<hash of the plan>/plan.json`, and beside it a file
//! for each who approved.
//!
//! Every file is written once, by a conditional write: who proposed and who approved cannot be replaced by another
//! Sluice.

use crate::plan_document::ensure_whole;
use crate::{Author, PublishError};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sluice_api::{Approval, PlanDocument, ProposalView};
use sluice_contract::limits;
use sluice_lake::{Lake, LakeError, PutNew};
use std::collections::BTreeSet;

const FOLDER: &str = "_sluice/proposals";
/// Hex digits of a plan's hash that name it at least.
const HASH_DIGITS_MIN: usize = 8;

/// `plan.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ProposalFile {
    author: String,
    message: String,
    proposed_ms: i64,
    document: PlanDocument,
}

/// An approval as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ApprovalFile {
    /// Hash of the plan.
    plan: String,
    by: String,
    at_ms: i64,
}

/// Stores a plan for others to approve. The same proposal again is the one that is there.
///
/// # Errors
/// [`PublishError::NotAllowed`] if somebody else proposed the same plan, [`PublishError::EditedPlan`],
/// [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn propose(
    lake: &Lake,
    document: &PlanDocument,
    author: &Author,
    message: &str,
    needed: u32,
    now_ms: i64,
) -> Result<ProposalView, PublishError> {
    ensure_whole(document)?;
    let message = message_of(message)?;
    if let Some(there) = proposal(lake, &document.plan, needed, document.base).await? {
        return own(there, author);
    }
    let file = ProposalFile { author: author.to_string(), message, proposed_ms: now_ms, document: document.clone() };
    let path = plan_path(&document.plan);
    match put(lake, &path, &file).await? {
        PutNew::Created => Ok(view(file, Vec::new(), needed, document.base)),
        PutNew::Exists => match proposal(lake, &document.plan, needed, document.base).await? {
            Some(there) => own(there, author),
            None => Err(PublishError::Corrupt { reason: "it is there and cannot be read".to_owned(), path }),
        },
    }
}

/// The proposal of a plan, if there is one.
///
/// # Errors
/// [`PublishError::Corrupt`], [`PublishError::EditedPlan`], [`PublishError::Lake`].
pub async fn proposal(
    lake: &Lake,
    plan: &str,
    needed: u32,
    current: Option<u64>,
) -> Result<Option<ProposalView>, PublishError> {
    let path = plan_path(plan);
    let bytes = match lake.objects().read(&path).await {
        Ok(bytes) => bytes,
        Err(LakeError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let file: ProposalFile = parsed(&bytes, &path)?;
    ensure_whole(&file.document)?;
    if file.document.plan != plan {
        return Err(PublishError::Corrupt { reason: "it holds another plan".to_owned(), path });
    }
    // By their files, so that one person counts once.
    let mut approvals = Vec::new();
    for found in lake.objects().list(&approvals_folder(plan)).await? {
        let bytes = lake.objects().read(&found.path).await?;
        let ApprovalFile { plan: of, by, at_ms } = parsed(&bytes, &found.path)?;
        let by = Author::new(&by)?;
        if of != plan || found.path != approval_path(plan, &by) {
            let reason = "it is the approval of somebody else, or of another plan".to_owned();
            return Err(PublishError::Corrupt { reason, path: found.path });
        }
        if !by.is_same_person(&file.author) {
            approvals.push(Approval { by: by.to_string(), at_ms });
        }
    }
    approvals.sort_by(|a, b| (a.at_ms, &a.by).cmp(&(b.at_ms, &b.by)));
    Ok(Some(view(file, approvals, needed, current)))
}

/// Every proposal whose plan is not among the published ones, latest first, and a sentence for each that cannot be read.
///
/// # Errors
/// [`PublishError::Lake`].
pub async fn proposals(
    lake: &Lake,
    published: &BTreeSet<&str>,
    needed: u32,
    current: Option<u64>,
) -> Result<(Vec<ProposalView>, Vec<String>), PublishError> {
    let mut found = Vec::new();
    let mut unread = Vec::new();
    for plan in plans(lake).await?.iter().filter(|plan| !published.contains(plan.as_str())) {
        match proposal(lake, plan, needed, current).await {
            Ok(proposal) => found.extend(proposal),
            Err(PublishError::Lake(error)) => return Err(error.into()),
            Err(error) => unread.push(format!("the proposal {plan} cannot be read: {error}")),
        }
    }
    found.sort_by(|a, b| b.proposed_ms.cmp(&a.proposed_ms).then_with(|| a.document.plan.cmp(&b.document.plan)));
    Ok((found, unread))
}

/// The hash of the proposed plan that begins with some digits.
///
/// # Errors
/// [`PublishError::Input`] if none or several do, or the digits are too few.
pub async fn proposed_plan(lake: &Lake, digits: &str) -> Result<String, PublishError> {
    let digits = digits.trim().to_ascii_lowercase();
    let next = "`sluice releases` lists the plans that were proposed";
    if digits.len() < HASH_DIGITS_MIN || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        let message = format!("`{digits}` is not the hash of a plan, nor {HASH_DIGITS_MIN} digits or more of one");
        return Err(PublishError::input(message, next));
    }
    let found: Vec<String> = plans(lake).await?.into_iter().filter(|plan| plan.starts_with(&digits)).collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(PublishError::input(format!("No plan {digits} was proposed"), next)),
        many => {
            let message = format!("{} plans begin with {digits}", many.len());
            Err(PublishError::input(message, "Give more digits of the hash"))
        }
    }
}

/// Approves a proposed plan; again is the same approval.
///
/// # Errors
/// [`PublishError::NotAllowed`] for its author, whose approval does not count, [`PublishError::Lake`],
/// [`PublishError::Corrupt`].
pub async fn approve(lake: &Lake, proposal: &ProposalView, by: &Author, now_ms: i64) -> Result<(), PublishError> {
    if by.is_same_person(&proposal.author) {
        let message = format!("{} proposed this plan, and the author's own approval does not count", proposal.author);
        return Err(PublishError::NotAllowed { message, next: "Have somebody else approve it".to_owned() });
    }
    let plan = &proposal.document.plan;
    let file = ApprovalFile { plan: plan.clone(), by: by.to_string(), at_ms: now_ms };
    match put(lake, &approval_path(plan, by), &file).await? {
        // Whichever of two approvals of a person came first counts.
        PutNew::Created | PutNew::Exists => Ok(()),
    }
}

/// Who approved a plan, if enough did.
///
/// # Errors
/// [`PublishError::NotAllowed`] that says what is missing.
pub(crate) fn ensure_approved(proposal: Option<&ProposalView>, needed: u32) -> Result<Vec<String>, PublishError> {
    let approvals = proposal.map(|proposal| proposal.approvals.as_slice()).unwrap_or_default();
    let given = u32::try_from(approvals.len()).unwrap_or(u32::MAX);
    if given >= needed {
        return Ok(approvals.iter().map(|approval| approval.by.clone()).collect());
    }
    let people = if needed == 1 { "1 approval".to_owned() } else { format!("{needed} approvals") };
    let (message, next) = match proposal {
        None => (
            format!("this lake asks for {people} by somebody other than the author, and the plan was not proposed"),
            "Propose it with `sluice publish --propose`; somebody else approves it with `sluice release approve`"
                .to_owned(),
        ),
        Some(proposal) => (
            format!(
                "this lake asks for {people} by somebody other than the author, the plan of {} has {given}",
                proposal.author
            ),
            format!("Somebody other than {} runs `sluice release approve {}`", proposal.author, short(proposal)),
        ),
    };
    Err(PublishError::NotAllowed { message, next })
}

/// A message as it is stored.
///
/// # Errors
/// [`PublishError::Input`] if it is too long.
pub(crate) fn message_of(message: &str) -> Result<String, PublishError> {
    let message = message.trim();
    if message.chars().count() > limits::MESSAGE_CHARACTERS_MAX {
        let most = limits::MESSAGE_CHARACTERS_MAX;
        return Err(PublishError::input(format!("The message has more than {most} characters"), "Shorten it"));
    }
    Ok(message.to_owned())
}

fn short(proposal: &ProposalView) -> &str {
    proposal.document.plan.get(..12).unwrap_or(&proposal.document.plan)
}

fn own(there: ProposalView, author: &Author) -> Result<ProposalView, PublishError> {
    if author.is_same_person(&there.author) {
        return Ok(there);
    }
    let ProposalView { author, document, .. } = there;
    let plan = document.plan.get(..12).unwrap_or(&document.plan);
    let next = format!("Approve it with `sluice release approve {plan}`");
    Err(PublishError::NotAllowed { message: format!("{author} proposed this plan already"), next })
}

fn view(file: ProposalFile, approvals: Vec<Approval>, needed: u32, current: Option<u64>) -> ProposalView {
    let ProposalFile { author, message, proposed_ms, document } = file;
    let overtaken_by = if document.base == current { None } else { current };
    ProposalView { document, proposed_ms, author, message, approvals, approvals_needed: needed, overtaken_by }
}

/// Hashes of all proposed plans.
async fn plans(lake: &Lake) -> Result<BTreeSet<String>, PublishError> {
    let files = lake.objects().list(FOLDER).await?;
    let named = |path: &str| Some(path.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix("/plan.json")?.to_owned());
    Ok(files.iter().filter_map(|file| named(&file.path)).collect())
}

fn plan_path(plan: &str) -> String {
    format!("{FOLDER}/{plan}/plan.json")
}

fn approvals_folder(plan: &str) -> String {
    format!("{FOLDER}/{plan}/approvals")
}

/// One file for each person, so that a second approval of the same person is the first one.
fn approval_path(plan: &str, by: &Author) -> String {
    let person = blake3::hash(by.key().as_bytes()).to_hex();
    format!("{}/{}.json", approvals_folder(plan), &person[..32])
}

async fn put(lake: &Lake, path: &str, value: &impl Serialize) -> Result<PutNew, PublishError> {
    let bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| PublishError::Corrupt { reason: error.to_string(), path: path.to_owned() })?;
    Ok(lake.objects().put_new(path, Bytes::from(bytes)).await?)
}

fn parsed<T: serde::de::DeserializeOwned>(bytes: &[u8], path: &str) -> Result<T, PublishError> {
    serde_json::from_slice(bytes)
        .map_err(|error| PublishError::Corrupt { reason: error.to_string(), path: path.to_owned() })
}
