//! "Customer 48213 is wrong", in the window: from the mart's row to the event, the contract that was wrong, what another
//! one would change, and its release. `docs/guides/bad-batch.md` does the same by commands.

use crate::lake::{sluice, write};
use crate::pictures;
use crate::window::Window;
use anyhow::ensure;
use sluice_tests::customers_by_country;
use std::path::Path;

/// The last line is the one that is typed anew.
const CONTRACT: &str = "dataset: \"shop.customers\"\nsource: {path: \"landing/customers/\", format: debezium_json}\n\
quality:\n- check: \"row_count > 0\"\nschema:\n- {name: id, type: int, primary_key: true}\n\
- {name: email, type: string, pii: true}\n- {name: country, type: string}";
const COUNTRY: &str = "- {name: country, type: string, from: \"upper(trim(country))\"}";
const MODEL: &str = "SELECT country, COUNT(*) AS customers FROM silver.shop.customers GROUP BY country\n";

#[test]
#[ignore = "needs the built program and a virtual display: cargo xtask window"]
fn from_a_wrong_number_to_a_corrected_release() -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-bad-batch-").tempdir()?;
    let lake = folder.path().join("crm-lake");
    deliver(&lake)?;
    let pictures = pictures::folder()?;
    let window = Window::open(&lake)?;
    let take = |name: &str| window.pictures(&pictures, name);

    // The mart has a country too many.
    window.wait_for("crm-lake")?;
    window.click("gold.shop.customers_by_country, ")?;
    window.click("Data")?;
    window.wait_for("customers")?;
    take("bad-batch-1-mart")?;

    // Why has this customer that country?
    window.click("silver.shop.customers, ")?;
    window.press("Ctrl k")?;
    window.type_text("explain a row")?;
    window.press("Enter")?;
    window.wait_for("Which row?")?;
    window.type_text("48213")?;
    window.press("Enter")?;
    window.wait_for("The row has its values because of event 3 of batch 3")?;
    window.wait_for("Equal to silver v3")?;
    take("bad-batch-2-explain")?;

    // Another contract takes both spellings, where it harms nobody.
    window.press("Ctrl Shift S")?;
    window.click("Name of a new sandbox")?;
    window.type_text("country-trim")?;
    window.click_button("Make and open")?;
    window.wait_for("Sandbox country-trim")?;
    window.press("Ctrl 1")?;
    window.click("silver.shop.customers, ")?;
    window.click("Contract")?;
    window.click("Contract text")?;
    window.press("Ctrl End")?;
    window.press("Shift Home")?;
    window.type_text(COUNTRY)?;
    window.wait_for("Edited")?;
    window.press("Esc")?;
    take("bad-batch-3-contract")?;
    window.press("Ctrl s")?;
    window.press("Ctrl 2")?;
    window.click_button("Step")?;
    window.wait_for("written here only")?;

    // What it changes.
    window.press("Shift D")?;
    window.wait_for("Changed rows")?;
    take("bad-batch-4-diff")?;

    // It becomes a release as it was seen, and the mart is right.
    window.press("Ctrl 6")?;
    window.click("Release name")?;
    window.type_text("r2")?;
    take("bad-batch-5-publish")?;
    window.click_button("Publish r2")?;
    window.wait_for("r2 is published")?;
    window.press("Ctrl Shift S")?;
    window.click_button("Back to the lake")?;
    window.wait_for("crm-lake")?;
    let countries = sluice(&lake, &["query", "SELECT count(*) AS n FROM gold.shop.customers_by_country", "--json"])?;
    ensure!(countries.contains('4') && !countries.contains('5'), "the mart has other countries: {countries}");
    window.press("Ctrl 1")?;
    window.click("gold.shop.customers_by_country, ")?;
    window.click("Data")?;
    window.wait_for("customers")?;
    take("bad-batch-6-mart")
}

/// Customers, a program that writes countries otherwise, and a file that waits; a release is published.
fn deliver(lake: &Path) -> anyhow::Result<()> {
    let files = customers_by_country();
    write(lake, "contracts/shop/customers.yaml", CONTRACT)?;
    write(lake, "models/shop/customers_by_country.sql", MODEL)?;
    for (number, file) in (1..).zip(&files[..3]) {
        write(lake, &format!("landing/customers/{number:03}.json"), file)?;
    }
    sluice(lake, &["init"])?;
    sluice(lake, &["replay", "--max-files", "1"])?;
    sluice(lake, &["publish", "-m", "first"])?;
    write(lake, "landing/customers/004.json", &files[3])
}
