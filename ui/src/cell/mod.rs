//! Cells of results: Arrow IPC pages decoded, values as text.

mod display;
mod mask;
mod moment;
mod page;

pub use display::cell_text;
pub use mask::{masked, masked_record};
pub use moment::{date_text, timestamp_text};
pub use page::{CellText, Page};
