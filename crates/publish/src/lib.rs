//! Contract sets as immutable, versioned releases.
//!
//! A release is one file with every contract and model as text, with its author, message, plan and engine, written once.
//! Which release is current is a log of its own: `_sluice/current/<m>.json` names a release, the highest `m` counts.
//! Both are conditional writes, so of two publishers one learns who came first. A rollback is a new release with the
//! texts of an earlier one; nothing is ever changed or removed.
//!
//! [`contents`] says what a release is to hold, [`plan_document`] what that changes, [`publish`] does it. A plan is a
//! value with a hash of its own: it can be stored, handed to others to approve ([`propose`], [`approve`]) and published
//! later, exactly or not at all ([`ensure_current`]). [`lock`] keeps everybody from publishing.

mod author;
mod changes;
mod contents;
mod document;
mod draft;
mod error;
mod lock;
mod plan;
mod plan_document;
mod pointer;
mod proposal;
mod publish;
mod reached;
mod release;
mod release_diff;
mod settings;
mod text_diff;

pub use author::Author;
pub use contents::{Contents, Reads, contents};
pub use draft::{Draft, InvalidContract, draft};
pub use error::PublishError;
pub use lock::{lock, open_lock, unlock};
pub use plan::{draft_changes, plan, plan_document, readers};
pub use plan_document::{ensure_current, ensure_reached, ensure_whole, read_plan, sealed};
pub use proposal::{approve, proposal, proposals, propose, proposed_plan};
pub use publish::{Publication, publish, published_by};
pub use reached::{keep_reached, reached};
pub use release::{Release, current, release, releases};
pub use release_diff::release_diff;
pub use settings::lake_settings;
