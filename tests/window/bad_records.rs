//! The morning after a bad delivery, in the window: a test that fails, a record in quarantine that is corrected, the table
//! beside a dump of its source, a record that is dropped, and the batch as a file for a colleague; by keys where there are
//! keys.

use crate::lake::{sluice, write};
use crate::pictures;
use crate::window::Window;
use anyhow::ensure;
use std::path::Path;

const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
apply: {quarantine_limit: 1}\nschema:\n- {name: id, type: int, primary_key: true}\n\
- {name: status, type: string}\n- {name: total, type: \"decimal(10,2)\"}\n";
const LATE: &str = "about: A late update changes nothing\nbatches:\n- events:\n\
  \x20 - {op: insert, at: 20, id: 1, status: paid, total: 2}\n  - {op: update, at: 10, id: 1, status: new, total: 1}\n\
  \x20 expect:\n    silver: [{id: 1, status: paid, total: 2}]\n";
const REFUND: &str = "about: A refund leaves the row\nbatches:\n- events:\n\
  \x20 - {op: insert, at: 1, id: 1, status: paid, total: 2}\n  - {op: delete, at: 2, id: 1}\n\
  \x20 expect:\n    silver: [{id: 1, status: refunded}]\n";

#[test]
#[ignore = "needs the built program and a virtual display: cargo xtask window"]
fn tests_quarantine_reconcile_and_a_file_for_a_colleague() -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-bad-records-").tempdir()?;
    let lake = folder.path().join("orders-lake");
    deliver(&lake)?;
    let pictures = pictures::folder()?;
    let window = Window::open(&lake)?;
    let take = |name: &str| window.pictures(&pictures, name);
    let command = |words: &str| {
        window.press("Ctrl k")?;
        window.type_text(words)?;
        window.settle()?;
        window.press("Enter")
    };

    // Two tests, of which one does not pass.
    window.wait_for("orders-lake")?;
    command("> Tests of the lake")?;
    window.wait_for("passed, shop/orders/late.yaml")?;
    window.wait_for("failed, shop/orders/refund.yaml")?;
    window.click("failed, shop/orders/refund.yaml")?;
    window.wait_for("Text of the test")?;
    take("bad-records-1-tests")?;

    // A record that cannot be read: corrected by a value, by the keyboard once it is chosen.
    window.click("silver.shop.orders, ")?;
    command("> Quarantine of")?;
    window.wait_for("Status: Open 1")?;
    window.click("Reasons TYPE_MISMATCH total")?;
    window.wait_for("In quarantine since batch 1")?;
    take("bad-records-2-quarantine")?;
    window.click_button("Edit this record")?;
    window.click("New value of after.total")?;
    window.press("Ctrl a")?;
    window.type_text("12.5")?;
    window.click("Reason of what is done")?;
    window.type_text("a comma was meant as a point")?;
    window.click_button("Keep the correction")?;
    window.wait_for("Bronze keeps the record that came")?;
    take("bad-records-3-corrected")?;

    // The table beside a dump: an address that is wrong says so, the right one names what differs.
    window.click("silver.shop.orders, ")?;
    command("> Reconcile")?;
    window.click("Compared with: File")?;
    window.click("File")?;
    window.type_text("/no/such/dump.csv")?;
    window.press("Enter")?;
    window.wait_for("Try again")?;
    take("bad-records-4-no-dump")?;
    window.click("File")?;
    window.press("Ctrl a")?;
    window.type_text(&folder.path().join("dump.csv").display().to_string())?;
    window.press("Enter")?;
    window.wait_for("different id = 2, status")?;
    window.wait_for("missing id = 9, in the source alone")?;
    window.click("different id = 2, status")?;
    take("bad-records-5-reconcile")?;

    // A record that can be read and is wrong all the same is taken out of silver.
    window.press("Esc")?;
    window.click("silver.shop.orders, ")?;
    command("> Records of a batch")?;
    window.wait_for("Records: As delivered 3")?;
    window.click("Key 4")?;
    window.wait_for("upsert key 4")?;
    window.click("Reason of the decision")?;
    window.type_text("a test order")?;
    window.click_button("Drop this record")?;
    window.wait_for("Records: Dropped 1")?;
    take("bad-records-6-records")?;
    window.click_button("Replay now")?;

    // The batch, for somebody who has no access to the lake.
    window.press("Esc")?;
    window.click("silver.shop.orders, ")?;
    window.press("Ctrl 2")?;
    window.click("Batch 1, committed")?;
    window.click_button("File for a colleague…")?;
    let file = folder.path().join("incident.json");
    window.click("File of the incident")?;
    window.type_text(&file.display().to_string())?;
    window.press("Enter")?;
    window.wait_for("4 records in ")?;
    take("bad-records-7-incident")?;
    let text = std::fs::read_to_string(&file)?;
    ensure!(text.contains("TYPE_MISMATCH"), "the file has the reason");
    let ids = sluice(&lake, &["query", "SELECT string_agg(id, ', ' ORDER BY id) AS ids FROM silver.shop.orders"])?;
    ensure!(ids.contains("1, 2, 3\n"), "4 is dropped and 3 corrected: {ids}");
    Ok(())
}

/// Orders of which one has a total that is no number, two tests, and a dump of the source.
fn deliver(lake: &Path) -> anyhow::Result<()> {
    write(lake, "contracts/shop/orders.yaml", CONTRACT)?;
    write(lake, "tests/shop/orders/late.yaml", LATE)?;
    write(lake, "tests/shop/orders/refund.yaml", REFUND)?;
    let event = |(id, status, total): (u64, &str, &str)| {
        let row = format!("{{\"id\":{id},\"status\":\"{status}\",\"total\":{total}}}");
        format!("{{\"op\":\"c\",\"before\":null,\"after\":{row},\"source\":{{\"lsn\":{}}}}}\n", 100 + id)
    };
    let rows = [(1, "paid", "3.00"), (2, "new", "4.00"), (3, "new", "\"12,5\""), (4, "paid", "5.00")];
    write(lake, "landing/orders/001.json", &rows.map(event).concat())?;
    write(lake, "../dump.csv", "id,status,total\n1,paid,3.00\n2,paid,4.00\n4,paid,5.00\n9,new,1.00\n")?;
    sluice(lake, &["init"])?;
    sluice(lake, &["replay"])?;
    Ok(())
}
