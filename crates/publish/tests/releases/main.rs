//! Releases: publishing, parts of a draft, rollbacks, agreement of others, and being stopped at any moment.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly, its helpers too")]

mod agreement;
mod comparison;
mod publishing;
mod stopped;
mod support;
mod tables;
