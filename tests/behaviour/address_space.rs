//! A limit on the address space (`ulimit -v`) is worked within, or refused in a sentence.

use anyhow::{Result, ensure};
use sluice_tests::{SmallShop, sluice_program};
use std::process::{Command, Output};

/// A call of the command within so many megabytes.
fn within(shop: &SmallShop, megabytes: u64, words: &[&str]) -> Result<Output> {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v \"$1\"; shift; exec \"$@\"", "sh", &(megabytes << 10).to_string()]);
    command.arg(sluice_program()?).arg("--lake").arg(shop.folder()).args(words);
    Ok(command.env_remove("SLUICE_LAKE").env_remove("MALLOC_ARENA_MAX").output()?)
}

#[test]
fn the_least_address_space_is_enough_and_less_is_said() -> Result<()> {
    let shop = SmallShop::new()?;
    for words in [
        &["replay"][..],
        &["status"],
        &["query", "SELECT count(*) FROM silver.shop.orders"],
        &["quality", "shop.orders"],
    ] {
        let ended = within(&shop, 768, words)?;
        ensure!(ended.status.code() == Some(0), "{words:?}: {ended:?}");
        let refused = within(&shop, 500, words)?;
        let said = String::from_utf8(refused.stderr)?;
        ensure!(refused.status.code() == Some(4) && said.lines().count() == 2, "{words:?}: {said}");
        ensure!(said.contains("768 MB at least") && said.contains("500 MB") && said.contains("ulimit -v"), "{said}");
    }
    Ok(())
}
