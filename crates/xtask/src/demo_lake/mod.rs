//! The demo lake: the folder, and what the `sluice` command is asked to do with it.

mod folder;
mod sluice;

pub(crate) use folder::{DemoLake, LAST_CHECKPOINT};
pub(crate) use sluice::Sluice;
