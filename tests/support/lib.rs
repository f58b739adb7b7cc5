//! What the end-to-end tests share: a lake in a temporary folder, the recorded shop laid out in it, and
//! the `sluice` command.
//!
//! The tests stand on the same functions as the command line and the window; nothing here knows how a
//! merge works.

mod bucket_server;
mod certificates;
mod customers;
mod fault_store;
mod flaky_store;
mod journey;
mod lake;
mod mariadb;
mod operation_log;
mod package;
mod postgres;
mod python;
mod readers;
mod scenario;
mod seed;
mod shop;
mod sluice;
mod small_shop;
mod tcp_gate;
mod texts;
mod workers;

pub use bucket_server::{BucketServer, SERVER_WORDS, StoreOperation, StoreRefusal};
pub use certificates::Certificates;
pub use customers::customers_by_country;
pub use fault_store::{Fault, FaultStore, Gate, torn};
pub use flaky_store::{FaultRates, FlakyStore};
pub use journey::change_and_take_back;
pub use lake::{TestLake, files_below};
pub use mariadb::MariaDbServer;
pub use operation_log::{Kind, Operation, OperationLog};
pub use package::package_path;
pub use postgres::{POSTGRES_PASSWORD, PostgresServer};
pub use python::{S3Server, python};
pub use readers::Exported;
pub use scenario::{FinalState, Harness, STEPS, Scenario, final_state, no_cursor_is_ahead, tables};
pub use seed::{amount, counted, number, seeded, some_of_each_kind};
pub use shop::{ShopFile, ShopLake, Stream, oracle};
pub use sluice::{CommandOutput, Sluice, sluice_program};
pub use small_shop::{
    BY_STATUS, CARTS, ORDERS, ORDERS_PATH, SmallShop, delivery, place_of, reached, retyped, small_fingerprints,
};
pub use tcp_gate::TcpGate;
pub use texts::{Rows, plain_rows};
pub use workers::in_parallel;
