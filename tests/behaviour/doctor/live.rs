//! The doctor beside live servers: what Debezium records of a PostgreSQL and of a MariaDB is clean, before and after it is
//! onboarded, and what is planted into a copy of it is found.
//!
//! By night, when `SLUICE_DEBEZIUM_JARS` names a folder with the jars of Debezium.

use super::stream::{codes, examined, parsed, shown};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{MariaDbServer, POSTGRES_PASSWORD, PostgresServer, Sluice, TestLake, counted, package_path};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const TABLES: [&str; 2] = [
    "CREATE TABLE orders (id INT PRIMARY KEY, note VARCHAR(40), n BIGINT NOT NULL, price DECIMAL(10,2), order_date DATE)",
    "CREATE TABLE done (id INT PRIMARY KEY, note VARCHAR(40))",
];
/// What MariaDB needs of its system tables to hand out its log.
const OF_REPLICATION: [&str; 2] = [
    "CREATE DATABASE mysql",
    "CREATE TABLE mysql.gtid_slave_pos (domain_id INT UNSIGNED NOT NULL, sub_id BIGINT UNSIGNED NOT NULL, \
     server_id INT UNSIGNED NOT NULL, seq_no BIGINT UNSIGNED NOT NULL, PRIMARY KEY (domain_id, sub_id)) ENGINE=InnoDB",
];
const ROWS: u32 = 120;
const ROUNDS: u32 = 30;
/// Records of a file.
const OF_FILE: usize = 100;
/// How long the connector may take to begin.
const ATTEMPTS: u32 = 300;
const ATTEMPT: Duration = Duration::from_millis(100);

/// A connector that records, and ends with the value.
struct Recorder(Child);

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The folder with the jars of Debezium; `None`, which is said, where there is none.
fn jars(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("SLUICE_DEBEZIUM_JARS").filter(|value| !value.is_empty()).map(PathBuf::from);
    if named.is_none() {
        eprintln!("SKIPPED: {test}: SLUICE_DEBEZIUM_JARS names no folder; `cargo xtask test --night` sets it");
    }
    named
}

fn record(jars: &Path, connector: &str, port: u16, topics: &Path) -> Result<Recorder> {
    let mut command = Command::new("java");
    command.arg("-cp").arg(jars.join("*")).arg(package_path("java/RecordDebezium.java"));
    command.args([connector, &port.to_string(), POSTGRES_PASSWORD]).arg(topics).arg(OF_FILE.to_string());
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    Ok(Recorder(started.context("java")?))
}

/// Statements that make the first rows.
fn first_rows() -> String {
    let rows = (1..=ROWS).map(|id| format!("({id}, 'first', {id}, {id}.50, '2026-11-{:02}')", id % 28 + 1));
    format!("INSERT INTO orders VALUES {}", rows.collect::<Vec<_>>().join(", "))
}

/// Statements of the workload, each a transaction of several rows.
fn workload() -> Vec<String> {
    let round = |round: u32| {
        let new = (0..4).map(|of| 1_000 + round * 10 + of).map(|id| format!("({id}, 'new', 0, NULL, '2026-11-30')"));
        [
            format!("INSERT INTO orders VALUES {}", new.collect::<Vec<_>>().join(", ")),
            format!("UPDATE orders SET n = n + 1, note = 'round {round}' WHERE MOD(id, 9) = {}", round % 2),
            format!("DELETE FROM orders WHERE id IN ({}, {})", round * 3, 1_000 + round * 10),
        ]
    };
    (1..=ROUNDS).flat_map(round).chain(["INSERT INTO done VALUES (1, 'the end')".to_owned()]).collect()
}

/// The files of the table's topic: names and records.
type Files = Vec<(String, Vec<String>)>;

async fn files_of(mut recorder: Recorder, topics: &Path, topic: &str) -> Result<Files> {
    let mut status = None;
    for _ in 0..ATTEMPTS {
        status = recorder.0.try_wait()?;
        if status.is_some() {
            break;
        }
        tokio::time::sleep(ATTEMPT).await;
    }
    ensure!(status.is_some_and(|status| status.success()), "Debezium recorded nothing: {status:?}");
    let mut files = Files::new();
    for entry in std::fs::read_dir(topics.join(topic).join("partition=0"))? {
        let entry = entry?;
        let text = std::fs::read_to_string(entry.path())?;
        files.push((entry.file_name().display().to_string(), text.lines().map(str::to_owned).collect()));
    }
    files.sort();
    Ok(files)
}

/// A lake with these files; with the contract too, if there is one.
fn lake_of(files: &Files, topic: &str, contract: Option<&str>) -> Result<(tempfile::TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-live-").tempdir()?;
    let lake = TestLake::at(folder.path());
    for (name, records) in files {
        let text: String = records.iter().map(|record| format!("{record}\n")).collect();
        lake.write(&format!("landing/{topic}/partition=0/{name}"), text)?;
    }
    if let Some(contract) = contract {
        lake.write("contracts/live/orders.yaml", contract)?;
    }
    Ok((folder, lake))
}

/// `rows` are those of the database, as `id|note|n` in the order of the key.
async fn check(files: &Files, topic: &str, rows: &[String]) -> Result<()> {
    let records: usize = files.iter().map(|(_, records)| records.len()).sum();
    ensure!(records > 400 && files.len() > 4, "{records} records in {} files", files.len());
    // As it was recorded.
    let (folder, lake) = lake_of(files, topic, None)?;
    let report = examined(&lake, &format!("landing/{topic}")).await?;
    ensure!(report.findings.is_empty() && !report.onboarded, "{topic}: {}", shown(&report));
    // Onboarded without a question, in silver, equal to the database.
    let sluice = Sluice::on_folder(folder.path());
    let source = format!("landing/{topic}");
    let said = sluice.call(&["onboard", &source, "--name", "live.orders", "--owner", "night", "--save"])?;
    ensure!(said.code == 0, "{topic}: {said:?}");
    let contract = std::fs::read_to_string(folder.path().join("contracts/live/orders.yaml"))?;
    // Another window: this one looked a moment ago and does not look again at once.
    let lake = TestLake::at(folder.path());
    lake.replay().await?;
    let query = "SELECT id || '|' || note || '|' || n FROM silver.live.orders ORDER BY id";
    let found: Value = serde_json::from_str(&sluice.ok(&["--json", "query", query])?)?;
    let found: Vec<&str> = found["rows"].as_array().into_iter().flatten().filter_map(|row| row[0].as_str()).collect();
    ensure!(found == rows, "{topic}: silver has {} rows, the database {}", found.len(), rows.len());
    let report = examined(&lake, "live.orders").await?;
    ensure!(report.findings.is_empty() && report.onboarded, "{topic}: {}", shown(&report));
    // Damaged.
    for (codes_of_it, plant) in FAULTS {
        let mut damaged = files.clone();
        plant(&mut damaged).with_context(|| format!("{topic}: {codes_of_it:?}"))?;
        for onboarded in [false, true] {
            let (_folder, lake) = lake_of(&damaged, topic, onboarded.then_some(contract.as_str()))?;
            let source = if onboarded { "live.orders".to_owned() } else { source.clone() };
            let report = examined(&lake, &source).await?;
            ensure!(codes(&report) == codes_of_it, "{source}: {codes_of_it:?}: {}", shown(&report));
        }
    }
    Ok(())
}

type Plant = fn(&mut Files) -> Result<()>;

/// What is planted, and what is found then.
const FAULTS: [(&[&str], Plant); 3] = [
    (&["TRANSACTION_INCOMPLETE"], |files| {
        // An event in the middle of its transaction, which has others behind it, and of a row that does not change again.
        let place = place_of(files, |record, _, later| {
            let total = record["transaction"]["total_order"].as_u64().unwrap_or(0);
            record["op"] == "u" && total == 2 && later.iter().all(|other| id_of(other) != id_of(record))
        });
        let (file, row) = place.context("an update inside of a transaction")?;
        files[file].1.remove(row);
        Ok(())
    }),
    (&["ORDER_GOES_BACK"], |files| {
        // Two events of one row change places.
        let place = place_of(files, |record, later, _| {
            record["op"] == "u" && later.iter().any(|other| other["op"] == "u" && id_of(other) == id_of(record))
        });
        let (file, row) = place.context("a row that is updated twice")?;
        let id = id_of(&parsed(&files[file].1[row]));
        let next = |(file, row): (usize, usize)| {
            (row + 1..files[file].1.len()).find(|at| id_of(&parsed(&files[file].1[*at])) == id)
        };
        let other = next((file, row)).context("its next update in the same file")?;
        files[file].1.swap(row, other);
        Ok(())
    }),
    (&["SEQ_CONFLICT"], |files| {
        // A file comes again, and one of its events says something else.
        let (name, mut records) = files.last().cloned().context("a file")?;
        let at = records.iter().rposition(|record| parsed(record)["op"] == "u").context("an update")?;
        let mut other = parsed(&records[at]);
        other["after"]["n"] = 9_999.into();
        records[at] = other.to_string();
        files.push((name.replace(".json", "-again.json"), records));
        Ok(())
    }),
];

fn id_of(record: &Value) -> u64 {
    super::stream::id_of(record)
}

/// The first record that `fits`, which also gets what comes later in its file, and later at all.
fn place_of(files: &Files, fits: impl Fn(&Value, &[Value], &[Value]) -> bool) -> Option<(usize, usize)> {
    let of_files = |files: &[(String, Vec<String>)]| -> Vec<Value> {
        files.iter().flat_map(|(_, records)| records).map(|record| parsed(record)).collect()
    };
    (1..files.len()).find_map(|file| {
        let (all, own) = (of_files(&files[file..]), files[file].1.len());
        let row = (0..own).find(|row| fits(&all[*row], &all[row + 1..own], &all[row + 1..]))?;
        Some((file, row))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_postgresql_is_clean_and_what_is_planted_is_found() -> Result<()> {
    let test = "a_live_postgresql_is_clean_and_what_is_planted_is_found";
    let Some(jars) = jars(test) else { return Ok(()) };
    let Some(server) = PostgresServer::start(test, &["wal_level=logical"])? else { return Ok(()) };
    for sql in TABLES.into_iter().map(str::to_owned).chain([first_rows()]) {
        server.sql(&sql)?;
    }
    let topics = tempfile::Builder::new().prefix("sluice-topics-").tempdir()?;
    let recorder = record(&jars, "postgresql", server.port(), topics.path())?;
    let mut is_ready = false;
    for _ in 0..ATTEMPTS {
        is_ready = server.sql("SELECT count(*) FROM pg_replication_slots WHERE active")? == "1";
        if is_ready {
            break;
        }
        tokio::time::sleep(ATTEMPT).await;
    }
    ensure!(is_ready, "the connector does not read the log");
    for sql in workload() {
        server.sql(&sql)?;
    }
    let files = files_of(recorder, topics.path(), "live.public.orders").await?;
    let rows = server.sql("SELECT id || '|' || note || '|' || n FROM orders ORDER BY id")?;
    check(&files, "live.public.orders", &rows.lines().map(str::to_owned).collect::<Vec<_>>()).await?;
    counted("live streams of PostgreSQL without a finding", 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_mariadb_is_clean_and_what_is_planted_is_found() -> Result<()> {
    let test = "a_live_mariadb_is_clean_and_what_is_planted_is_found";
    let Some(jars) = jars(test) else { return Ok(()) };
    let Some(server) = MariaDbServer::start(test).await? else { return Ok(()) };
    for sql in OF_REPLICATION {
        server.sql(sql).await?;
    }
    for sql in TABLES.into_iter().map(|sql| sql.replace("TABLE ", "TABLE shop.")).chain([in_shop(&first_rows())]) {
        server.sql(&sql).await?;
    }
    let topics = tempfile::Builder::new().prefix("sluice-topics-").tempdir()?;
    let recorder = record(&jars, "mariadb", server.port(), topics.path())?;
    let mut is_ready = false;
    for _ in 0..ATTEMPTS {
        let dumps = "SELECT count(*) FROM information_schema.processlist WHERE command = 'Binlog Dump'";
        is_ready = server.sql(dumps).await?.first().is_some_and(|row| row.first().is_some_and(|count| count == "1"));
        if is_ready {
            break;
        }
        tokio::time::sleep(ATTEMPT).await;
    }
    ensure!(is_ready, "the connector does not read the log");
    for sql in workload() {
        server.sql(&in_shop(&sql)).await?;
    }
    let files = files_of(recorder, topics.path(), "live.shop.orders").await?;
    let rows = server.sql("SELECT CONCAT(id, '|', note, '|', n) FROM shop.orders ORDER BY id").await?;
    let rows: Vec<String> = rows.into_iter().filter_map(|row| row.into_iter().next()).collect();
    check(&files, "live.shop.orders", &rows).await?;
    counted("live streams of MariaDB without a finding", 1);
    Ok(())
}

/// A statement about the tables of the database.
fn in_shop(sql: &str) -> String {
    ["orders", "done"].into_iter().fold(sql.to_owned(), |sql, table| {
        ["INTO ", "UPDATE ", "FROM "]
            .into_iter()
            .fold(sql, |sql, word| sql.replace(&format!("{word}{table}"), &format!("{word}shop.{table}")))
    })
}
