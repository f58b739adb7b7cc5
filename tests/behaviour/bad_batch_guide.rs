//! The walk through a bad batch in `docs/guides/bad-batch.md`, command by command: each prints what the guide says.

use anyhow::{Context, Result, bail, ensure};
use sluice_tests::{customers_by_country, package_path, sluice_program};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const HEADING: &str = "## Customer 48213 is wrong";
const CONTRACT: &str = "dataset: \"shop.customers\"\nsource: {path: \"landing/customers/\", format: debezium_json}\n\
schema:\n- {name: id, type: int, primary_key: true}\n- {name: email, type: string, pii: true}\n\
- {name: country, type: string}\nquality:\n- check: \"row_count > 0\"\n";
const MODEL: &str = "SELECT country, COUNT(*) AS customers FROM silver.shop.customers GROUP BY country\n";

fn write(folder: &Path, path: &str, text: &str) -> Result<()> {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().context("a file in a folder")?)?;
    Ok(std::fs::write(path, text)?)
}

/// A shell command as the guide has it, in the folder beside the lake.
fn run(folder: &Path, command: &str) -> Result<String> {
    let program = sluice_program()?;
    let beside = program.parent().context("the program is in a folder")?.display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", format!("{beside}:{path}"))
        .env("SLUICE_LAKE", folder.join("lake"))
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    // 6: it found something.
    let is_done = matches!(output.status.code(), Some(0 | 6));
    ensure!(is_done, "{command}: {}\n{said}{}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(said)
}

/// Runs the commands of a block, and looks for the lines below each in what it printed, in their order.
fn follow(folder: &Path, block: &str) -> Result<usize> {
    let mut commands = 0;
    let mut said: Vec<String> = Vec::new();
    let mut last = String::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            commands += 1;
            command.clone_into(&mut last);
            said = run(folder, command)?.lines().map(|line| line.trim().to_owned()).collect();
            continue;
        }
        let Some(at) = said.iter().position(|of| of.starts_with(line.trim())) else {
            bail!("`{last}` does not print `{line}` where the guide has it, but {said:#?}");
        };
        said.drain(..=at);
    }
    Ok(commands)
}

#[test]
fn the_walk_through_a_bad_batch_prints_what_the_guide_says() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-guide-").tempdir()?;
    let folder = folder.path();
    run(folder, "sluice init")?;
    write(folder, "lake/contracts/shop/customers.yaml", CONTRACT)?;
    write(folder, "lake/models/shop/customers_by_country.sql", MODEL)?;
    for (number, file) in (1..).zip(customers_by_country()) {
        write(folder, &format!("lake/landing/customers/{number:03}.json"), &file)?;
    }
    run(folder, "sluice replay --max-files 1")?;
    run(folder, "sluice publish -m first")?;

    let guide = std::fs::read_to_string(package_path("../docs/guides/bad-batch.md"))?;
    let part = guide.split_once(HEADING).context("the guide has the walk")?.1;
    let part = part.split("\n## ").next().unwrap_or(part);
    let (mut commands, mut unknown) = (0, String::new());
    for block in part.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').context("a block has lines")?;
        match kind.split_once(' ') {
            None if kind == "console" => commands += follow(folder, text)?,
            Some(("yaml", path)) => write(folder, path, text)?,
            _ => writeln!(unknown, "{kind}")?,
        }
    }
    ensure!(unknown.is_empty(), "blocks of a kind that is not run: {unknown}");
    ensure!(commands > 10, "the walk has {commands} commands");
    Ok(())
}
