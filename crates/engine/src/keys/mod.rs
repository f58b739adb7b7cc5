//! Keys of rows and events: as comparable bytes, as hashes, and their order.

mod encoder;
mod order;

pub use encoder::KeyEncoder;
pub(crate) use order::key_order;
