//! Limits of people's SQL: memory, time, and how it is stopped; and numbers of many digits.

use anyhow::{Result, ensure};
use sluice_tests::{Sluice, TestLake};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Ends never by itself, and looks between rows whether it is to stop.
const ENDLESS: &str = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) AS n FROM t";
/// Takes minutes in one call of one function.
const ONE_CALL: &str = "SELECT levenshtein(repeat('ab', 200000), repeat('ba', 200000)) AS n";

fn lake() -> Result<(TempDir, TestLake, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-limits-").tempdir()?;
    let lake = TestLake::at(folder.path());
    std::fs::create_dir_all(folder.path().join("landing"))?;
    let sluice = Sluice::on_folder(folder.path());
    Ok((folder, lake, sluice))
}

#[test]
fn a_value_cannot_take_more_memory_than_a_query_may() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    let statements = [
        "SELECT repeat('x', 2000000000)",
        "SELECT lpad('', 2000000000, 'x')",
        "SELECT range(0, 1000000000)",
        "SELECT printf('%2000000000d', 1)",
    ];
    for sql in statements {
        let said = sluice.call(&["query", sql])?;
        ensure!(said.code != 0 && said.code != 1 && said.err.contains("memory"), "{sql}: {said:?}");
    }
    for (at, sql) in statements.iter().enumerate() {
        lake.write(&format!("models/shop/m{at}.sql"), format!("{sql} AS x"))?;
    }
    lake.write("models/shop/small.sql", "SELECT 1 AS one")?;
    let said = sluice.call(&["replay"])?;
    ensure!(said.code == 3 && said.out.contains("gold.shop.small: 1 rows"), "{said:?}");
    ensure!(said.out.matches("memory").count() == statements.len(), "{said:?}");
    // What a query may take it gets.
    let said = sluice.ok(&["query", "SELECT count(DISTINCT i % 3000000) AS n FROM range(6000000) AS t(i)"])?;
    ensure!(said.contains("3000000"), "{said}");
    Ok(())
}

#[test]
fn a_query_ends_after_its_time() -> Result<()> {
    let (_folder, _lake, sluice) = lake()?;
    for sql in [ENDLESS, ONE_CALL] {
        let said = sluice.call(&["query", sql, "--query-timeout", "1s"])?;
        ensure!(said.code == 2 && said.err.contains("did not end within 1 s"), "{sql}: {said:?}");
    }
    Ok(())
}

/// Interrupts a call that runs and gives the time until it has ended, with its code.
fn interrupted(mut call: Child) -> Result<(Duration, Option<i32>)> {
    std::thread::sleep(Duration::from_millis(1_500));
    ensure!(call.try_wait()?.is_none(), "it ended by itself");
    let begun = Instant::now();
    ensure!(Command::new("kill").args(["-INT", &call.id().to_string()]).status()?.success());
    let ended = call.wait()?;
    Ok((begun.elapsed(), ended.code()))
}

#[test]
fn a_key_stops_queries_and_models() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    for sql in [ENDLESS, ONE_CALL] {
        lake.write("models/shop/slow.sql", sql)?;
        for words in [&["query", sql][..], &["replay"]] {
            let call = sluice.command(words)?.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
            let (took, code) = interrupted(call)?;
            println!("{words:?} ended {took:?} after the signal");
            ensure!(code == Some(130), "{words:?} ended with {code:?}");
            ensure!(took < Duration::from_secs(10), "{words:?} took {took:?}");
        }
    }
    Ok(())
}

#[test]
fn every_digit_is_shown() -> Result<()> {
    let (_folder, _lake, sluice) = lake()?;
    let digits = "170141183460469231731687303715884105727";
    let more = "340282366920938463463374607431768211455";
    let decimal = "99999999999999999999999999999999999999";
    let sql = format!(
        "SELECT {digits}::HUGEINT AS h, -{digits}::HUGEINT AS m, {more}::UHUGEINT AS u, {decimal}::DECIMAL(38,0) AS d, \
         9223372036854775807 AS b, 'NaN'::DOUBLE AS n, 'Infinity'::DOUBLE AS i, '-Infinity'::FLOAT AS j, \
         [{digits}::HUGEINT] AS l, sum({digits}::HUGEINT - 1) AS s"
    );
    let negative = format!("-{digits}");
    let listed = format!("[{digits}]");
    let expected = [
        digits,
        &negative,
        more,
        decimal,
        "9223372036854775807",
        "NaN",
        "inf",
        "-inf",
        &listed,
        &digits.replace("727", "726"),
    ];
    let shown = sluice.json(&["query", &sql])?;
    let cells: Vec<&str> = shown["rows"][0].as_array().into_iter().flatten().filter_map(|cell| cell.as_str()).collect();
    ensure!(cells == expected, "{cells:?}");
    let text = sluice.ok(&["query", &sql])?;
    ensure!(expected.iter().all(|cell| text.contains(cell)), "{text}");
    Ok(())
}
