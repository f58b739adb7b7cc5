//! The screens of the workbench: egui, for the desktop window's webview and, in tests, natively.
//!
//! Data flows one way: [`link`] brings answers, [`state`] keeps the latest views, screens draw them and push
//! requests and [`command::Command`]s into a [`state::Cx`], and [`Workbench`] sends and runs those after the frame.

pub mod action;
pub mod cell;
pub mod code;
pub mod command;
pub mod design;
pub mod diff;
pub mod frame;
pub mod history;
pub mod lake;
pub mod link;
#[cfg(target_arch = "wasm32")]
mod mirror;
pub mod onboard;
pub mod publish;
pub mod quality;
pub mod registry;
pub mod replay;
pub mod screen;
pub mod sql;
pub mod state;
pub mod table;
#[cfg(target_arch = "wasm32")]
mod web;
pub mod widget;
mod workbench;

pub use workbench::{Host, Workbench};

#[cfg(test)]
mod tests;
