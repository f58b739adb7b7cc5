//! Contract sets as immutable, versioned releases.
//!
//! A release is one file with every contract and model as text, written once. Which release is
//! current is a log of its own: `_sluice/current/<m>.json` names a release, the highest `m` counts.
//! Both are conditional writes, so of two publishers one learns who came first. A roll-back is a new
//! entry of that log; nothing is ever changed or removed.

mod draft;
mod error;
mod plan;
mod pointer;
mod publish;
mod release;

pub use draft::{Draft, InvalidContract, draft};
pub use error::PublishError;
pub use plan::plan;
pub use publish::{publish, roll_back};
pub use release::{Release, current, releases};
