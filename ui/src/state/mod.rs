//! What the screens read and what they may change: views by request, workspace, selection, pages.

mod cx;
mod history;
mod notice;
mod pages;
mod selection;
mod slot;
mod store;
mod tab;
mod workspace;

pub use cx::Cx;
pub use history::History;
pub use notice::Notice;
pub use pages::{PAGE_ROWS, PageCache, PageState};
pub use selection::Selection;
pub use slot::{Got, SlotMap};
pub use store::{RefineKey, RowKey, Store};
pub use tab::{Place, Tab};
pub use workspace::{Panels, Workspace};
