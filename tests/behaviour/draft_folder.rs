//! A folder of contracts and models, as a git repository has it, kept in step with the lake's draft.

use anyhow::{Result, ensure};
use sluice_tests::{ShopLake, Sluice};
use std::fs;

#[test]
fn a_folder_and_the_draft_take_from_each_other_what_only_one_changed() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    let sluice = Sluice::on_folder(shop.folder());
    let folder = tempfile::Builder::new().prefix("sluice-draft-").tempdir()?;
    let at = folder.path().display().to_string();
    let orders = "contracts/shop/orders.yaml";
    let (here, there) = (folder.path().join(orders), shop.folder().join(orders));

    let pulled = sluice.ok(&["draft", "pull", &at])?;
    ensure!(pulled.contains(&format!("taken over: {orders}")), "{pulled}");
    ensure!(fs::read(&here)? == fs::read(&there)?);
    let status = sluice.ok(&["draft", "status", &at])?;
    ensure!(!status.contains("changed"), "{status}");

    // Only here.
    let text = fs::read_to_string(&here)?;
    fs::write(&here, format!("{text}# mine\n"))?;
    fs::write(folder.path().join("models/shop/mine.sql"), "SELECT 1 AS one")?;
    let status = sluice.ok(&["draft", "status", &at])?;
    ensure!(status.contains(&format!("changed here: {orders}")), "{status}");
    ensure!(sluice.ok(&["draft", "pull", &at])?.contains("changed here"), "a pull leaves it");
    sluice.ok(&["draft", "push", &at])?;
    ensure!(fs::read_to_string(&there)?.ends_with("# mine\n"));
    ensure!(shop.folder().join("models/shop/mine.sql").exists());

    // Only in the lake; one file is gone there.
    fs::write(&there, format!("{text}# theirs\n"))?;
    fs::remove_file(shop.folder().join("models/shop/mine.sql"))?;
    ensure!(sluice.ok(&["draft", "push", &at])?.contains("changed in the lake"), "a push leaves it");
    sluice.ok(&["draft", "pull", &at])?;
    ensure!(fs::read_to_string(&here)?.ends_with("# theirs\n"));
    ensure!(!folder.path().join("models/shop/mine.sql").exists());

    // On both sides: neither goes over the other, and both are shown.
    fs::write(&here, format!("{text}# mine again\n"))?;
    fs::write(&there, format!("{text}# theirs again\n"))?;
    for words in [["draft", "push"], ["draft", "pull"], ["draft", "status"]] {
        let said = sluice.call(&[words[0], words[1], &at])?;
        ensure!(said.code == 7 && said.out.contains("changed on both sides"), "{said:?}");
        ensure!(
            said.out.contains("here:     # mine again") && said.out.contains("the lake: # theirs again"),
            "{said:?}"
        );
    }
    ensure!(fs::read_to_string(&here)?.ends_with("# mine again\n"));
    ensure!(fs::read_to_string(&there)?.ends_with("# theirs again\n"));
    // One of them decides.
    fs::write(&here, format!("{text}# theirs again\n"))?;
    ensure!(sluice.ok(&["draft", "push", &at])?.contains("are the same"));
    Ok(())
}
