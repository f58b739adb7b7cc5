//! From change files to a release and back: onboard, publish, try a change in a sandbox, see what it does, publish it,
//! take it back. With a picture of every step; that of the releases is the one of the album.

use crate::pictures;
use crate::window::Window;
use anyhow::{Context, ensure};
use std::fmt::Write as _;
use std::path::Path;

/// The line that is typed into the contract.
const COLUMN: &str = "- {name: channel, type: string, default: web}";

#[test]
#[ignore = "needs the built program and a virtual display: cargo xtask window"]
fn from_files_to_a_release_and_back() -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-journey-").tempdir()?;
    let lake = folder.path().join("first-lake");
    deliver(&lake, 1, 1..=40)?;
    let pictures = pictures::folder()?;
    let window = Window::open(&lake)?;
    let take = |name: &str| window.pictures(&pictures, name);

    // Onboard.
    window.wait_for("first-lake")?;
    take("journey-1-files")?;
    window.click_button("Onboard tables…")?;
    window.wait_for("Save 2 ready")?;
    take("journey-2-onboard")?;
    window.click_button("Save 2 ready")?;
    window.click_button("Replay 2 tables")?;
    window.press("Ctrl 2")?;
    window.wait_for("silver.shop.orders, 39 rows")?;
    take("journey-3-replayed")?;

    // The first release.
    window.press("Ctrl 6")?;
    window.click("Release name")?;
    window.type_text("r1")?;
    take("journey-4-first-release")?;
    window.click_button("Publish r1")?;
    window.wait_for("r1 is published")?;

    // What the next files would do, before anything is written.
    deliver(&lake, 2, 35..=60)?;
    window.press("Ctrl 1")?;
    window.click("silver.shop.orders, ")?;
    window.press("Ctrl r")?;
    window.press("r")?;
    window.wait_for("Replay shop.orders")?;
    window.click_button("Preview")?;
    window.wait_for("Nothing written")?;
    window.wait_for("Rows of silver.shop.orders that would change")?;
    take("journey-5-preview")?;
    window.click_button("Close the preview")?;

    // A sandbox, where those files are taken by another contract.
    window.press("Ctrl Shift S")?;
    window.click("Name of a new sandbox")?;
    window.type_text("sales-channel")?;
    window.click_button("Make and open")?;
    window.wait_for("Sandbox sales-channel")?;

    // Another contract, typed by hand.
    window.press("Ctrl 1")?;
    window.click("silver.shop.orders, ")?;
    window.click("Contract")?;
    window.click("Contract text")?;
    window.press("Ctrl End")?;
    window.press("Enter")?;
    // The editor may have begun the line for the typist.
    window.press("Home")?;
    window.type_text(COLUMN)?;
    window.wait_for("Edited")?;
    take("journey-6-contract")?;
    window.press("Esc")?;
    window.press("Ctrl s")?;

    // It is done where it harms nobody.
    window.press("Ctrl 2")?;
    window.click_button("Step")?;
    window.wait_for("written here only")?;
    take("journey-7-sandbox-replay")?;
    window.press("Shift D")?;
    window.wait_for("Changed rows")?;
    take("journey-8-diff")?;

    // It becomes a release as it was seen.
    window.press("Ctrl 6")?;
    window.click("Release name")?;
    window.type_text("r2")?;
    take("journey-9-plan")?;
    window.click_button("Publish r2")?;
    window.wait_for("r2 is published")?;
    take("journey-10-published")?;
    window.press("Ctrl Shift S")?;
    window.click_button("Back to the lake")?;
    window.wait_for("first-lake")?;
    ensure!(published(&lake)? == 2, "two releases");

    // And back.
    window.press("Ctrl 6")?;
    window.click("r1, ")?;
    window.wait_for("Rules of this lake")?;
    window.click("r1, ")?;
    take("releases")?;
    window.click_button("Roll back to r1…")?;
    window.click("Release name")?;
    window.type_text("r3")?;
    take("journey-12-roll-back")?;
    window.click_button("Roll back as r3")?;
    window.wait_for("r3 is published")?;
    take("journey-13-rolled-back")?;
    ensure!(published(&lake)? == 3, "a roll back is a release of its own");
    Ok(())
}

/// Change events of two tables as a connector writes them.
fn deliver(lake: &Path, file: u64, ids: std::ops::RangeInclusive<u64>) -> anyhow::Result<()> {
    for (table, columns) in [("orders", "total"), ("customers", "points")] {
        let folder = lake.join("landing").join("shop").join(table);
        std::fs::create_dir_all(&folder)?;
        let mut events = String::new();
        for id in ids.clone() {
            let (lsn, cents) = (file * 1_000 + id, 100 + id * 7);
            let status = if file == 1 { "placed" } else { "shipped" };
            writeln!(
                events,
                r#"{{"op":"{}","before":null,"after":{{"id":{id},"status":"{status}","{columns}":"{}.{:02}"}},"#,
                if file == 1 { "c" } else { "u" },
                cents / 100,
                cents % 100,
            )?;
            // One event is one line.
            events.pop();
            writeln!(
                events,
                r#""source":{{"connector":"postgresql","db":"shop","schema":"public","table":"{table}","lsn":{lsn},"ts_ms":{}}},"ts_ms":{}}}"#,
                1_795_000_000_000_u64 + lsn,
                1_795_000_000_000_u64 + lsn
            )?;
        }
        // A table without any delete would be a question.
        let (gone, lsn) = (ids.start() + 2, file * 1_000 + 900);
        writeln!(
            events,
            r#"{{"op":"d","before":{{"id":{gone}}},"after":null,"source":{{"connector":"postgresql","db":"shop","schema":"public","table":"{table}","lsn":{lsn},"ts_ms":{}}},"ts_ms":{}}}"#,
            1_795_000_000_000_u64 + lsn,
            1_795_000_000_000_u64 + lsn
        )?;
        std::fs::write(folder.join(format!("{file}.json")), events).context("cannot deliver")?;
    }
    Ok(())
}

/// How many releases the lake has.
fn published(lake: &Path) -> anyhow::Result<usize> {
    Ok(std::fs::read_dir(lake.join("_sluice/releases"))?.count())
}
