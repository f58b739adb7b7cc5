//! What the end-to-end tests share: a lake in a temporary folder, the recorded shop laid out in it, and
//! the `sluice` command.
//!
//! The tests stand on the same functions as the command line and the window; nothing here knows how a
//! merge works.

mod lake;
mod python;
mod seed;
mod shop;
mod sluice;
mod texts;

pub use lake::{TestLake, files_below};
pub use python::{S3Server, python};
pub use seed::seeded;
pub use shop::{ShopFile, ShopLake, Stream, oracle};
pub use sluice::{Said, Sluice};
pub use texts::{Rows, plain_rows};
