//! A live MariaDB, with its binary log.

use super::{counts, ids, reconcile};
use anyhow::{Context, Result, ensure};
use sluice_tests::{MariaDbServer, Sluice, TestLake};

const CONTRACT: &str = "dataset: shop.customers\nsource: {path: landing/, format: debezium_json}\nschema:\n\
    - {name: id, type: int, primary_key: true}\n- {name: email, type: string, pii: true}\n\
    - {name: balance, type: 'decimal(12,2)'}\n- {name: at, type: timestamp}\n\
    - {name: seen, type: timestamp_ntz, unit: microseconds}\n- {name: born, type: date, unit: days}\n\
    - {name: vip, type: boolean}\n- {name: photo, type: binary}\n- {name: score, type: double}\n";

const TABLE: &str = "CREATE TABLE shop.customers (id int PRIMARY KEY, email varchar(80) CHARACTER SET latin1, \
    balance decimal(12,2), at timestamp(6) NULL, seen datetime(6), born date, vip tinyint(1), photo varbinary(20), \
    score double, ratio float)";

const ROWS: &str = "INSERT INTO shop.customers SELECT seq, CONCAT('canary', seq, '@pöst.example'), seq * 1.1, \
    '2026-01-01 00:00:00.000001' + INTERVAL seq HOUR, '2024-02-29 12:00:00' - INTERVAL seq MICROSECOND, \
    IF(seq % 7 > 0, '1999-12-31' + INTERVAL seq DAY, NULL), seq % 3 = 0, UNHEX(LPAD(HEX(seq), 8, '0')), 1 / seq, 0.1 \
    FROM shop.numbers";

/// The event of each row, as the connector sends it.
const AFTER: &str = "JSON_OBJECT('id', id, 'email', CONVERT(email USING utf8mb4), 'balance', balance, \
    'at', DATE_FORMAT(at, '%Y-%m-%dT%H:%i:%s.%fZ'), 'seen', TIMESTAMPDIFF(MICROSECOND, '1970-01-01', seen), \
    'born', DATEDIFF(born, '1970-01-01'), 'vip', vip = 1, 'photo', TO_BASE64(photo), 'score', score)";

/// Rows of a condition as events at a position, numbered.
async fn events(server: &MariaDbServer, condition: &str, position: &str) -> Result<Vec<String>> {
    let rows = server.sql(&format!("SELECT {AFTER} FROM shop.customers WHERE {condition} ORDER BY id")).await?;
    let event = |(row, of): (usize, &Vec<String>)| {
        let after = of.concat().replace("\"vip\": 1", "\"vip\": true").replace("\"vip\": 0", "\"vip\": false");
        format!(
            "{{\"op\":\"u\",\"after\":{after},\"source\":{{\"connector\":\"mariadb\",\"file\":\"mariadb-bin.000001\",\
             \"pos\":{position},\"row\":{row}}}}}\n"
        )
    };
    Ok(rows.iter().enumerate().map(event).collect())
}

/// Where the last entry with rows of the table begins in the binary log.
async fn last_rows(server: &MariaDbServer) -> Result<String> {
    let entries = server.sql("SHOW BINLOG EVENTS IN 'mariadb-bin.000001'").await?;
    let mut rows = entries.into_iter().filter(|entry| entry[2].contains("_rows_"));
    rows.next_back().map(|entry| entry[1].clone()).context("no rows in the log")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_feed_of_mariadb_lost_is_found_and_repaired() -> Result<()> {
    let test = "what_a_feed_of_mariadb_lost_is_found_and_repaired";
    let Some(server) = MariaDbServer::start(test).await? else { return Ok(()) };
    let folder = tempfile::Builder::new().prefix("sluice-reconcile-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/customers.yaml", CONTRACT)?;
    let sluice = Sluice::on_folder(folder.path());
    server.sql(TABLE).await?;
    server.sql("CREATE TABLE shop.numbers (seq int PRIMARY KEY)").await?;
    let numbers: Vec<String> = (1..=2_000).map(|number| format!("({number})")).collect();
    server.sql(&format!("INSERT INTO shop.numbers VALUES {}", numbers.join(","))).await?;
    server.sql(ROWS).await?;
    let mut feed = events(&server, "true", &last_rows(&server).await?).await?;
    for event in feed.iter_mut().take(137).skip(100) {
        *event = event.replace("\"balance\": ", "\"balance\": 1");
    }
    server.sql("UPDATE shop.customers SET vip = 1, balance = 5 WHERE id <= 11").await?;
    let late = events(&server, "id <= 11", &last_rows(&server).await?).await?.concat();
    server.sql("UPDATE shop.customers SET balance = 7.50 WHERE id <= 11").await?;
    server.sql("DELETE FROM shop.customers WHERE id BETWEEN 1001 AND 1005").await?;
    server.sql("INSERT INTO shop.customers (id) VALUES (3000)").await?;
    feed.extend(events(&server, "id = 3000", &last_rows(&server).await?).await?);
    // Another table may change.
    server.sql("DELETE FROM shop.numbers").await?;
    lake.write("landing/1.json", feed.concat())?;
    sluice.ok(&["replay"])?;

    let url = server.url();
    for words in [&["--with", &url][..], &["--with", &url, "--by-hashes"]] {
        let (code, found) = reconcile(&sluice, words)?;
        ensure!(code == 7 && counts(&found) == [0, 5, 48], "{found:#}");
        ensure!(ids(&found, "surplus", "fault") == [1001, 1002, 1003, 1004, 1005], "{found:#}");
        ensure!(found["position_read"].as_str().is_some_and(|at| at.starts_with("binary log 000001:")), "{found:#}");
    }
    let (_, hashed) = reconcile(&sluice, &["--with", &url, "--by-hashes"])?;
    ensure!(hashed["hashed"]["differing"].as_u64() < Some(60), "{hashed:#}");
    ensure!(hashed["not_compared"][0]["column"] == "score", "a double of MySQL has no hash: {hashed:#}");

    // While a change of the table is under way, nothing is known of what differs.
    server.sql("UPDATE shop.customers SET balance = 1 WHERE id = 500").await?;
    let (_, found) = reconcile(&sluice, &["--with", &url])?;
    ensure!(
        ids(&found, "different", "unknown").contains(&500) && ids(&found, "surplus", "fault").is_empty(),
        "{found:#}"
    );
    let new = events(&server, "id = 500", &last_rows(&server).await?).await?.concat();
    lake.write("landing/2.json", new)?;
    sluice.ok(&["replay"])?;

    let repair = ["--with", &url, "--repair", "--yes", "--because", "the feed lost them", "--author", "Ada"];
    let (_, repaired) = reconcile(&sluice, &repair)?;
    ensure!(repaired["repair"]["upserts"] == 48 && repaired["repair"]["deletes"] == 5, "{}", repaired["repair"]);
    sluice.ok(&["replay"])?;
    lake.write("landing/3.json", late)?;
    sluice.ok(&["replay"])?;
    let (code, found) = reconcile(&sluice, &["--with", &url, "--by-hashes"])?;
    ensure!(code == 0 && found["hashed"]["differing"] == 0, "{found:#}");
    let (_, again) = reconcile(&sluice, &repair)?;
    ensure!(again["repair"]["correction"].is_null(), "{}", again["repair"]);
    Ok(())
}
