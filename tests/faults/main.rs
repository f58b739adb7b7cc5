//! What is left after crashes, lost replies, full disks, bad rates and other writers.

mod clock_skew;
mod concurrent_writers;
mod crash_everywhere;
mod decision_crashes;
mod disk_full;
mod lost_reply;
mod release_crashes;
mod store_faults;
