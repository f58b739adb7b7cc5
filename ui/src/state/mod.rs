//! What the screens read and what they may change: answers by request, workspace, selection, pages.

mod comparison;
mod history;
mod key_values;
mod notice;
mod opening;
mod pages;
mod place;
mod queries;
mod rail;
mod selection;
mod slot;
mod slots;
mod store;
#[cfg(test)]
mod store_tests;
mod tab;
mod views;
mod workspace;

pub use comparison::{Comparison, SidePlace};
pub use history::History;
pub use key_values::KeyValues;
pub use notice::Notice;
pub use opening::Opening;
pub use pages::{PAGE_ROWS, PageCache, PageState};
pub use place::Place;
pub use rail::PlaceRow;
pub use selection::Selection;
pub use slot::{Got, SlotMap};
pub use store::Store;
pub use tab::{Opens, ScreenKind, ScreenRow, Tab};
pub use views::{RefineKey, RowKey};
pub use workspace::{ClosedTab, Panels, Workspace};
