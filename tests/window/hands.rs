//! What hands do that no guide says: wrong paths, nonsense, tabs closed in the middle of a job, the keyboard alone.
//! What was found is in `docs/window-by-hand.md`.

use crate::lake;
use crate::pictures;
use crate::window::Window;
use anyhow::ensure;

/// A person who presses `Ctrl A` outside of a field chooses nothing of the page.
const CHOSEN_TEXT: &str = "return String(window.getSelection());";

#[test]
#[ignore = "needs the built program, a virtual display and a lake: cargo xtask window"]
fn wrong_ways_end_in_words_and_lose_nothing() -> anyhow::Result<()> {
    let pictures = pictures::folder()?;
    let files = tempfile::tempdir()?;
    let window = Window::open(&lake::to_look_at()?)?;
    let take = |step: &str| {
        window.settle()?;
        window.picture(&pictures.join(format!("hands-{step}-dark.png")))
    };
    window.wait_for("shop-lake")?;
    window.press("Ctrl a")?;
    ensure!(window.run(CHOSEN_TEXT)? == "", "the page was selected");

    // A path without a lake is a question, and the open lake stays.
    window.press("Ctrl l")?;
    window.wait_for("Folder or bucket of the lake")?;
    window.type_text("/no/such/folder")?;
    window.press("Enter")?;
    window.wait_for("There is no lake in /no/such/folder")?;
    take("no-lake")?;
    window.press("Esc")?;
    ensure!(!std::path::Path::new("/no/such/folder").exists(), "a typing error made a folder");
    window.wait_for("silver.shop.orders, ")?;

    // Nonsense as a condition keeps the field, and the letters that follow.
    window.click("silver.shop.orders, ")?;
    window.press("Ctrl 3")?;
    window.wait_for("Changed rows")?;
    window.click("Condition over the changed rows")?;
    window.type_text("status %% ,,")?;
    window.press("Enter")?;
    window.wait_for("Try again")?;
    window.type_text(" qdh")?;
    take("nonsense-condition")?;
    ensure!(window.names()?.iter().all(|name| !name.contains("tab: Query")), "a letter opened a query");
    window.press("Ctrl a")?;
    window.press("Backspace")?;
    window.press("Enter")?;
    window.wait_for("Changed rows")?;

    // The same with the options, and a file that exists.
    window.press("Esc")?;
    window.click_button("Options…")?;
    window.click("Tolerance")?;
    window.type_text("everything")?;
    window.click_button("Compare")?;
    window.wait_for("is no tolerance")?;
    take("options")?;
    window.press("Esc")?;
    let taken = files.path().join("mine.csv");
    std::fs::write(&taken, "mine")?;
    window.click_button("Export…")?;
    window.click("File for the rows")?;
    window.type_text(&taken.display().to_string())?;
    window.press("Enter")?;
    window.wait_for("There is already something at")?;
    take("export-refused")?;
    ensure!(std::fs::read_to_string(&taken)? == "mine", "a file was written over");
    window.press("Esc")?;

    // Names that nothing may have.
    window.press("Ctrl Shift s")?;
    window.click("Name of a new sandbox")?;
    window.type_text("Not A Name!")?;
    window.press("Enter")?;
    window.wait_for("small letters")?;
    take("sandbox-name")?;
    window.press("Esc")?;
    window.press("Ctrl 6")?;
    window.click("Release name")?;
    window.type_text("r999")?;
    window.press("Ctrl Enter")?;
    window.wait_for("Type r1 to confirm")?;
    take("wrong-release")?;
    Ok(())
}

#[test]
#[ignore = "needs the built program, a virtual display and a lake: cargo xtask window"]
fn a_query_ends_with_its_tab_and_comes_back_with_its_text() -> anyhow::Result<()> {
    let window = Window::open(&lake::to_look_at()?)?;
    window.wait_for("shop-lake")?;
    window.press("Ctrl 5")?;
    window.click("Query text")?;
    window.press("Ctrl a")?;
    window.type_text("SELECT count(*) FROM range(2000000000) a, range(50) b WHERE a.range % 7 = b.range")?;
    window.press("Ctrl Enter")?;
    window.wait_for("Running")?;
    // The tab goes in the middle of it, and comes back with its text.
    window.press("Esc")?;
    window.press("Ctrl w")?;
    window.press("Ctrl Shift t")?;
    window.wait_for("Query text")?;
    window.click("Query text")?;
    window.press("Ctrl a")?;
    window.type_text("SELECT 40 + 2 AS answer")?;
    window.press("Esc")?;
    window.press("Ctrl Enter")?;
    window.wait_for("answer")?;
    // Every tab closed, and the last ones opened again.
    for _ in 0..6 {
        window.press("Ctrl w")?;
    }
    window.press("Ctrl Shift t")?;
    window.wait_for("Query text")?;
    window.press("Ctrl Enter")?;
    // Its text came back with it.
    window.wait_for("answer")?;
    Ok(())
}

#[test]
#[ignore = "needs the built program, a virtual display and a lake: cargo xtask window"]
fn the_keyboard_alone_gets_everywhere() -> anyhow::Result<()> {
    let window = Window::open(&lake::to_look_at()?)?;
    window.wait_for("shop-lake")?;
    // By the palette to a table, by keys through its screens.
    window.press("Ctrl k")?;
    window.type_text("silver.shop.orders")?;
    window.press("Enter")?;
    window.wait_for("Overview")?;
    for (key, name) in [
        ("Ctrl 2", "Step"),
        ("Ctrl 3", "Changed rows"),
        ("Ctrl 4", "Check again"),
        ("Ctrl 5", "Query text"),
        ("Ctrl 6", "Release name"),
    ] {
        window.press(key)?;
        window.wait_for(name)?;
        window.press("Esc")?;
    }
    // The filter, by its key, which is not typed into it.
    window.press("Ctrl 1")?;
    window.press("/")?;
    window.type_text("customers")?;
    window.wait_for("silver.shop.customers, ")?;
    // The tree had both before.
    window.wait_until_gone("silver.shop.orders, ")?;
    window.press("Ctrl a")?;
    window.press("Backspace")?;
    window.wait_for("silver.shop.orders, ")?;
    window.press("Esc")?;
    window.press("F1")?;
    window.wait_for("Keyboard map")?;
    window.press("Esc")?;
    // Releases, without a pointer.
    window.press("Ctrl k")?;
    window.type_text("> Releases")?;
    window.press("Enter")?;
    window.wait_for("Rules of this lake")?;
    Ok(())
}
