//! What a person does on the first day: open the lake, look at a table, step a replay, see what it
//! changed, ask a question, publish.

use crate::lake;
use crate::pictures;
use crate::script;
use crate::window::Window;
use anyhow::{Context, ensure};
use serde_json::Value;

#[test]
#[ignore = "needs the built program, a virtual display and a lake: cargo xtask window"]
fn a_first_day_with_the_shop() -> anyhow::Result<()> {
    let window = Window::open(&lake::to_work_on()?)?;

    // Open the lake, open a table.
    window.wait_for("shop-lake")?;
    window.click("silver.shop.orders, ")?;
    window.click("Data")?;
    window.wait_for("status")?;

    // Step a replay: the files of the last checkpoint wait.
    window.press("Ctrl 2")?;
    window.click_button("Step")?;
    window.wait_for("Replayed 1 batch, ")?;

    // See what the step changed.
    window.click_button("Diff v")?;
    window.wait_for("Cells changed")?;
    window.wait_for("Changed rows")?;

    // Ask a question.
    window.press("Ctrl 5")?;
    window.click("Query text")?;
    window.press("Ctrl a")?;
    window.type_text("SELECT status, count(*) AS orders FROM silver.shop.orders GROUP BY status ORDER BY status")?;
    window.press("Esc")?;
    window.press("Ctrl Enter")?;
    window.wait_for("delivered")?;

    // Publish.
    window.press("Ctrl 6")?;
    window.click("Release name")?;
    window.type_text("r1")?;
    window.click_button("Publish r1")?;
    window.wait_for("r1 is published")?;
    Ok(())
}

#[test]
#[ignore = "needs the built program, a virtual display and a lake: cargo xtask window"]
fn a_batch_is_tried_in_a_sandbox() -> anyhow::Result<()> {
    let pictures = pictures::folder()?;
    let window = Window::open(&lake::to_look_at()?)?;
    window.wait_for("shop-lake")?;
    window.press("Ctrl Shift S")?;
    window.wait_for("None yet")?;
    window.click("Name of a new sandbox")?;
    window.type_text("try-a-batch")?;
    window.settle()?;
    window.picture(&pictures.join("sandboxes-dark.png"))?;
    window.click_button("Make and open")?;
    // Where one is shows at all times.
    window.wait_for("Sandbox try-a-batch")?;
    window.click("silver.shop.orders, ")?;
    window.press("Ctrl 2")?;
    window.click_button("Step")?;
    window.wait_for("Replayed 1 batch, ")?;
    window.wait_for("written here only")?;
    window.press("Shift D")?;
    window.wait_for("Changed rows")?;
    window.settle()?;
    window.picture(&pictures.join("sandbox-diff-dark.png"))?;
    // The lake is as it was.
    window.press("Ctrl Shift S")?;
    window.wait_for("You are in sandbox try-a-batch")?;
    window.click_button("Back to the lake")?;
    window.wait_for("Draft, never published")?;
    ensure!(!window.names()?.iter().any(|name| name.contains("written here only")));
    window.press("Ctrl Shift S")?;
    window.click_button("Remove try-a-batch")?;
    window.click_button("Remove try-a-batch")?;
    window.wait_for("None yet")?;
    Ok(())
}

#[test]
#[ignore = "needs the built program, a virtual display and a lake: cargo xtask window"]
fn the_page_is_locked_in_and_the_bridge_carries_bytes() -> anyhow::Result<()> {
    let window = Window::open(&lake::to_look_at()?)?;
    window.wait_for("shop-lake")?;

    let eval = window.run(script::TRY_EVAL)?;
    ensure!(eval == "EvalError", "the page could run text as a program: {eval}");

    let call = window.run(script::CALL_AS_THE_PAGE_DOES)?;
    // The screens may have asked something of their own meanwhile.
    let asked = call["asked"].as_array().context("the page tells what it asked for")?;
    let own_protocol = |address: &Value| address == "ipc://localhost/call" || address == "ipc://localhost/page";
    ensure!(!asked.is_empty() && asked.iter().all(own_protocol), "the call took another way: {call}");
    ensure!(call["bytes"] == true, "the answer was not bytes: {call}");
    Ok(())
}
