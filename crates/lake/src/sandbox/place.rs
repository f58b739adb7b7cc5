//! Where a sandbox is: anywhere, or under its lake, in the lake's own store.

use crate::LakeError;
use crate::environment::StoreTimes;
use crate::ledger::sandbox_entry::ENTRIES;
use crate::store::objects::Objects;
use crate::store::root::Root;

/// The folder of a sandbox under its lake, by its path there.
fn folder(name: &str) -> String {
    format!("{ENTRIES}/{name}")
}

/// The address of a sandbox under its lake.
pub(crate) fn under_lake(base: &Objects, name: &str) -> String {
    format!("{}/{}{}", base.url(), folder(name), base.root().settings.query())
}

/// Opens the place of a sandbox; one under the lake is in the store that the lake is in.
///
/// # Errors
/// As [`Root::open`].
pub(crate) async fn open_place(base: &Objects, name: &str, place: &str, times: StoreTimes) -> Result<Root, LakeError> {
    if place == under_lake(base, name) {
        return base.root().inside(&folder(name));
    }
    Root::open(place, times).await
}
