//! What the end-to-end tests share: a lake in a temporary folder, the recorded shop laid out in it, and
//! the `sluice` command.
//!
//! The tests stand on the same functions as the command line and the window; nothing here knows how a
//! merge works.

mod fault_store;
mod lake;
mod operation_log;
mod package;
mod python;
mod readers;
mod seed;
mod shop;
mod sluice;
mod story;
mod tcp_gate;
mod texts;
mod weather_store;
mod workers;

pub use fault_store::{Fault, FaultStore, Gate, torn};
pub use lake::{TestLake, files_below};
pub use operation_log::{Kind, Operation, OperationLog};
pub use package::package_path;
pub use python::{S3Server, python};
pub use readers::Exported;
pub use seed::{amount, counted, number, seeded};
pub use shop::{ShopFile, ShopLake, Stream, oracle};
pub use sluice::{Said, Sluice, sluice_program};
pub use story::{Ending, STEPS, Stage, Story, ending, no_cursor_is_ahead, tables};
pub use tcp_gate::TcpGate;
pub use texts::{Rows, plain_rows};
pub use weather_store::{Weather, WeatherStore};
pub use workers::in_parallel;
