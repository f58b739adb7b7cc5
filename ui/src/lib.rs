//! The screens of the workbench: egui, for the desktop window's webview and, in tests, natively.
//!
//! # One frame
//!
//! Data flows one way. [`Workbench::ui`] takes the answers that came over [`link`] and puts them into the
//! [`state::Store`]; it matches pressed keys with the rows of [`command::Command`] and runs what can run; then [`frame`]
//! draws the window and the [`screen::Screen`] of the tab in front. A screen reads views, asks for more and acts through
//! one [`cx::Cx`], and never talks to a host. What it asked for is sent after the frame.
//!
//! # Lower and upper modules
//!
//! Each imports only those before it: [`design`] (colours, type, icons) and [`cell`] (values as text); [`action`]
//! (words, icon and keys of anything a person can do); [`state`] (views, tabs, selection); [`command`] (the table of
//! commands and when each can run); [`cx`] (what a screen gets); [`widget`] and [`code`]; the screens, one folder each ([`table`], [`replay`],
//! [`diff`], [`history`], [`quality`], [`quarantine`], [`onboard`], [`sql`], [`publish`], [`releases`], and [`lake`] for the side panel);
//! [`registry`] (the screen of a tab); [`frame`]; [`Workbench`].
//!
//! # A new screen
//!
//! 1. Its folder, with an implementation of [`screen::Screen`].
//! 2. This file, for the folder.
//! 3. A row in `state/tab.rs`: what is remembered, title, icon, place on the rail, key, and what it opens for.
//! 4. A line in `registry.rs`.
//! 5. Rows in `command/table.rs` for what it does by key, if anything.
//!
//! Session, tab bar, rail, palette, keyboard map, shortcuts and tooltips follow from the rows. What it asks of the host
//! is a request of `sluice-api`.

pub mod action;
pub mod bisect;
pub mod cell;
pub mod code;
pub mod command;
pub mod cx;
pub mod design;
pub mod diff;
pub mod doctor;
pub mod explain;
pub mod frame;
pub mod history;
pub mod lake;
pub mod lake_tests;
pub mod link;
#[cfg(target_arch = "wasm32")]
mod mirror;
pub mod onboard;
pub mod publish;
pub mod quality;
pub mod quarantine;
pub mod reconcile;
mod record_edit;
mod record_list;
pub mod records;
pub mod registry;
pub mod releases;
pub mod replay;
pub mod screen;
pub mod source_changes;
pub mod sql;
pub mod state;
mod steps;
pub mod table;
pub mod trace;
#[cfg(target_arch = "wasm32")]
mod web;
pub mod widget;
mod workbench;

pub use workbench::{Host, Workbench};

#[cfg(test)]
mod tests;
