//! Limits of people's SQL: memory, time, and how it is stopped; and numbers of many digits.

use anyhow::{Context, Result, ensure};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use sluice_api::PageRequest;
use sluice_query::{QueryEngine, QueryOptions};
use sluice_tests::{Sluice, TestLake, sluice_program};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
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

/// Rows of the workbench itself, as those of a quarantine or a difference: their filters are people's SQL too.
#[test]
fn filters_of_rows_that_no_query_made_have_the_same_limits() -> Result<()> {
    let options = QueryOptions {
        program: Some(sluice_program()?),
        query_timeout: Duration::from_secs(2),
        ..QueryOptions::default()
    };
    let engine = QueryEngine::new(options)?;
    let reasons: ArrayRef = Arc::new(StringArray::from(vec!["b", "a", "c"]));
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(2), Some(1), None]));
    let rows = RecordBatch::try_from_iter([("reason", reasons), ("n", numbers)])?;
    let mut bytes = Vec::new();
    let mut writer = StreamWriter::try_new(&mut bytes, &rows.schema())?;
    writer.write(&rows)?;
    writer.finish()?;
    drop(writer);
    let stored = engine.put_result(&bytes)?;
    for (filter, words) in [
        ("repeat('x', 2000000000) <> reason", "memory"),
        ("levenshtein(repeat('ab', 200000), repeat('ba', 200000)) > 0", "did not end within"),
    ] {
        let error = engine.refine(stored.id, Some(filter), None).err().context("it has a limit")?;
        ensure!(error.message.contains(words), "{filter}: {error:?}");
    }
    // The rows are still there, and the views of them too.
    let view = engine.refine(stored.id, Some("n IS NOT NULL"), Some("reason"))?;
    let page = engine.page(PageRequest { result: view.id, first_row: 0, rows: 10 })?;
    let read = StreamReader::try_new(page.as_slice(), None)?.collect::<Result<Vec<_>, _>>()?;
    let names = read[0].column(0).as_string::<i32>();
    ensure!(view.rows == 2 && names.iter().flatten().eq(["a", "b"]), "{names:?}");
    let error = engine.refine(stored.id, Some("nothing = 1"), None).err().context("no such column")?;
    ensure!(error.place.is_some() || error.message.contains("nothing"), "{error:?}");
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
