//! The doctor: each of its checks finds what is planted in a recorded stream and nothing else, and takes what only looks
//! like it for what it is.

mod clean;
mod faults;
mod lake;
mod live;
mod other_order;
mod stream;
mod traps;
