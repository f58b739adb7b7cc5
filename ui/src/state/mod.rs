//! What the screens read and what they may change: answers by request, workspace, selection, pages.

mod cx;
mod history;
mod notice;
mod pages;
mod selection;
mod slot;
mod slots;
mod store;
#[cfg(test)]
mod store_tests;
mod tab;
mod views;
mod workspace;

pub use cx::Cx;
pub use history::History;
pub use notice::Notice;
pub use pages::{PAGE_ROWS, PageCache, PageState};
pub use selection::Selection;
pub use slot::{Got, SlotMap};
pub use store::Store;
pub use tab::{Place, Tab};
pub use views::{RefineKey, RowKey};
pub use workspace::{Panels, Workspace};
