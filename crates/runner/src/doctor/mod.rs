//! The checks of a change feed: pure, in one pass over its events, and a second one over what is kept of each by key.
//!
//! `found` counts; `record` reads what a record says besides its row. Then the checks beside each other: `rejects`,
//! `files`, `shape`, `values`, `transactions`, `positions`, and by key `keyed_events` and `key_story`, beside it `other_clocks` and `history_noise`. `feed` is the order.

mod feed;
mod files;
mod found;
mod history_noise;
mod key_story;
mod keyed_events;
mod orders;
mod other_clocks;
mod positions;
mod record;
mod rejects;
mod shape;
mod transactions;
mod values;

pub(crate) use feed::{Diagnosis, Feed, FeedOptions, FileFacts};
pub(crate) use found::{Found, Place};
