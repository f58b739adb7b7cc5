//! A live PostgreSQL: rows damaged on their way, events lost, deletes never sent.

use super::{counts, ids, reconcile};
use anyhow::{Context, Result, ensure};
use sluice_tests::{POSTGRES_PASSWORD, PostgresServer, Sluice, TestLake};
use std::fmt::Write as _;

const CONTRACT: &str = "dataset: shop.customers\nsource: {path: landing/, format: debezium_json}\nschema:\n\
    - {name: id, type: int, primary_key: true}\n- {name: email, type: string, pii: true}\n\
    - {name: balance, type: 'decimal(12,2)'}\n- {name: signup, type: timestamp}\n\
    - {name: seen, type: timestamp_ntz, unit: microseconds}\n- {name: born, type: date, unit: days}\n\
    - {name: vip, type: boolean}\n- {name: ext, type: uuid}\n- {name: note, type: string}\n\
    - {name: photo, type: binary}\n- {name: score, type: double}\n- {name: prefs, type: json}\n\
    - {name: tags, type: 'array<string>'}\n";

const TABLE: &str = "CREATE TABLE customers (id int PRIMARY KEY, email text, balance numeric(12,2), signup timestamptz, \
    seen timestamp, born date, vip bool, ext uuid, note varchar, photo bytea, score float8, prefs jsonb, tags text[], \
    wait interval)";

const ROWS: &str = "INSERT INTO customers SELECT g, 'canary' || g || '@post.example', g * 1.10, \
    '2026-01-01T00:00:00Z'::timestamptz + g * interval '1.000001 h', \
    CASE WHEN g % 50 = 0 THEN 'infinity' ELSE '2024-02-29'::timestamp - g * interval '1 s' END, \
    CASE WHEN g % 7 > 0 THEN '1999-12-31'::date + g END, g % 3 = 0, \
    ('00000000-0000-4000-8000-' || lpad(g::text, 12, '0'))::uuid, \
    CASE g % 4 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN E'it''s \\\\ \"\\t' || chr(31) ELSE 'Grüße ' || g END, \
    decode(lpad(to_hex(g), 8, '0'), 'hex'), 1.0 / g, jsonb_build_object('n', g, 'a', 'b'), ARRAY['x', NULL, g::text], \
    '1 day' FROM generate_series(1, 2000) g";

/// Rows as the connector sends them.
const AFTER: &str = "json_build_object('id', id, 'email', email, 'balance', balance, \
    'signup', to_char(signup AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
    'seen', CASE WHEN seen IS NULL THEN NULL WHEN isfinite(seen) THEN (extract(epoch FROM seen) * 1000000)::bigint ELSE 9223372036825200000 END, \
    'born', born - DATE '1970-01-01', 'vip', vip, 'ext', ext, 'note', note, 'photo', encode(photo, 'base64'), \
    'score', score, 'prefs', prefs::text, 'tags', tags)::text";

/// The place of an event in the log: where it is, and when it was committed.
struct Place {
    lsn: u64,
    ms: String,
}

fn place(server: &PostgresServer) -> Result<Place> {
    let lsn = server.sql("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")?.parse()?;
    let ms = server.sql("SELECT floor(extract(epoch FROM timestamp) * 1000)::bigint FROM pg_last_committed_xact()")?;
    Ok(Place { lsn, ms })
}

fn event(op: &str, row: &str, place: &Place, number: usize) -> String {
    let (lsn, side) = (place.lsn, if op == "d" { "before" } else { "after" });
    format!(
        "{{\"op\":\"{op}\",\"{side}\":{row},\"source\":{{\"connector\":\"postgresql\",\"ts_ms\":{},\"lsn\":{lsn},\
         \"sequence\":\"[\\\"{lsn}\\\",\\\"{lsn}\\\"]\"}},\"transaction\":{{\"total_order\":{number}}}}}\n",
        place.ms
    )
}

fn rows_of(server: &PostgresServer, condition: &str) -> Result<Vec<String>> {
    let printed = server.sql(&format!("SELECT {AFTER} FROM customers WHERE {condition} ORDER BY id"))?;
    Ok(printed.lines().map(str::to_owned).collect())
}

#[test]
fn what_a_feed_lost_or_damaged_is_found_in_the_source_and_repaired() -> Result<()> {
    let test = "what_a_feed_lost_or_damaged_is_found_in_the_source_and_repaired";
    let Some(server) = PostgresServer::start(test, &["track_commit_timestamp=on"])? else { return Ok(()) };
    let folder = tempfile::Builder::new().prefix("sluice-reconcile-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/customers.yaml", CONTRACT)?;
    let sluice = Sluice::on_folder(folder.path()).env("PGPASSWORD", POSTGRES_PASSWORD);
    server.sql(TABLE)?;
    server.sql(ROWS)?;
    let loaded = place(&server)?;
    let mut feed = String::new();
    for (number, row) in rows_of(&server, "true")?.iter().enumerate() {
        let id = number + 1;
        // 37 rows are damaged on their way.
        let damaged = row.replace("\"vip\" : true", "\"vip\" : false").replace("\"vip\" : false,", "\"vip\" : null,");
        let row = if (101..=137).contains(&id) { damaged } else { row.clone() };
        feed.push_str(&event("c", &row, &loaded, id));
    }
    // 11 events are lost, and what came between them; 5 deletes are never sent.
    server.sql("UPDATE customers SET note = 'between' WHERE id <= 11")?;
    let between = place(&server)?;
    let late: String = rows_of(&server, "id <= 11")?.iter().map(|row| event("u", row, &between, 1)).collect();
    server.sql("UPDATE customers SET balance = balance + 1, note = 'last' WHERE id <= 11")?;
    server.sql("DELETE FROM customers WHERE id BETWEEN 1001 AND 1005")?;
    server.sql("INSERT INTO customers (id, email) VALUES (3000, 'canary3000@post.example')")?;
    let newest = place(&server)?;
    feed.push_str(&event("c", &rows_of(&server, "id = 3000")?.concat(), &newest, 1));
    lake.write("landing/1.json", feed)?;
    sluice.ok(&["replay"])?;

    let url = server.url();
    for words in [&["--with", &url][..], &["--with", &url, "--by-hashes"]] {
        let (code, found) = reconcile(&sluice, words)?;
        ensure!(code == 7 && counts(&found) == [0, 5, 48], "{found:#}");
        ensure!(found["is_arrival_unknown"] == false && found["not_arrived"] == 0, "{found:#}");
        ensure!(ids(&found, "surplus", "fault") == [1001, 1002, 1003, 1004, 1005], "{found:#}");
        ensure!(found["source_rows"] == 1_996 && found["silver_rows"] == 2_001, "{found:#}");
        let columns = serde_json::json!([["vip", 37], ["balance", 11], ["note", 11]]);
        ensure!(found["columns"] == columns, "{}", found["columns"]);
        ensure!(found["position_read"].as_str().is_some_and(|at| at.starts_with("LSN ")), "{found:#}");
    }
    let (_, hashed) = reconcile(&sluice, &["--with", &url, "--by-hashes"])?;
    let (ranges, read) = (hashed["hashed"]["ranges"].as_u64(), hashed["hashed"]["read"].as_u64());
    ensure!(ranges > Some(1_000) && read == hashed["hashed"]["differing"].as_u64() && read < Some(60), "{hashed:#}");
    let (_, sample) = reconcile(&sluice, &["--with", &url, "--sample", "400"])?;
    let share = sample["sampled"].as_f64().context("a share")?;
    ensure!((0.19..0.21).contains(&share) && counts(&sample)[2] < 48, "{sample:#}");

    // A change that has not arrived is no fault; whether a delete is, nobody knows then.
    server.sql("UPDATE customers SET note = 'new' WHERE id = 500")?;
    let (_, found) = reconcile(&sluice, &["--with", &url])?;
    ensure!(counts(&found) == [0, 5, 48] && found["not_arrived"] == 1, "{found:#}");
    ensure!(ids(&found, "different", "not_arrived") == [500], "{found:#}");
    ensure!(ids(&found, "surplus", "unknown").len() == 5, "{found:#}");

    let refused = sluice.call(&["reconcile", "shop.customers", "--with", &url.replace("ada@", "ada:wrong-canary@")])?;
    ensure!(refused.code != 0 && !refused.err.contains("canary"), "{refused:?}");
    let request = sluice.call(&["reconcile", "shop.customers", "--with", &url, "--repair", "request"])?;
    ensure!(request.out.contains("execute-snapshot") && request.out.contains("public.customers"), "{}", request.out);

    let repair = ["--with", &url, "--repair", "--yes", "--because", "the feed lost them", "--author", "Ada"];
    let (_, repaired) = reconcile(&sluice, &repair)?;
    ensure!(repaired["repair"]["upserts"] == 48 && repaired["repair"]["deletes"] == 5, "{}", repaired["repair"]);
    sluice.ok(&["replay"])?;
    let (code, found) = reconcile(&sluice, &["--with", &url])?;
    ensure!(code == 0 && found["is_equal"] == true && found["not_arrived"] == 1, "{found:#}");
    // What was late changes nothing, what is new arrives.
    let new = place(&server)?;
    lake.write("landing/2.json", late)?;
    lake.write("landing/3.json", event("u", &rows_of(&server, "id = 500")?.concat(), &new, 1))?;
    sluice.ok(&["replay"])?;
    let (code, found) = reconcile(&sluice, &["--with", &url, "--by-hashes"])?;
    ensure!(code == 0 && found["not_arrived"] == 0 && found["hashed"]["differing"] == 0, "{found:#}");
    let (_, again) = reconcile(&sluice, &repair)?;
    ensure!(again["repair"]["correction"].is_null(), "{}", again["repair"]);
    sluice.ok(&["replay", "--full-refresh"])?;
    let (code, found) = reconcile(&sluice, &["--with", &url])?;
    ensure!(code == 0 && found["is_equal"] == true, "rebuilt: {found:#}");
    for file in sluice_tests::files_below(folder.path())? {
        // One that went meanwhile is no file of the lake.
        let kept = std::fs::read(&file).unwrap_or_default();
        ensure!(!kept.windows(8).any(|bytes| bytes == b"s3cr-et:"), "{} has the password", file.display());
    }
    Ok(())
}

#[test]
fn without_times_of_commits_what_may_be_under_way_is_unknown() -> Result<()> {
    let test = "without_times_of_commits_what_may_be_under_way_is_unknown";
    let Some(server) = PostgresServer::start(test, &["track_commit_timestamp=off"])? else { return Ok(()) };
    let folder = tempfile::Builder::new().prefix("sluice-reconcile-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/customers.yaml", CONTRACT)?;
    let sluice = Sluice::on_folder(folder.path()).env("PGPASSWORD", POSTGRES_PASSWORD);
    server.sql(TABLE)?;
    server.sql(
        "CREATE SCHEMA other; CREATE TABLE other.customers (id int); INSERT INTO customers (id) VALUES (1), (2)",
    )?;
    let mut feed = String::new();
    for id in [1, 2] {
        let row = format!("{{\"id\":{id}}}");
        write!(feed, "{}", event("c", &row, &Place { lsn: 5, ms: "1".to_owned() }, id))?;
    }
    lake.write("landing/1.json", feed)?;
    sluice.ok(&["replay"])?;
    server.sql("UPDATE customers SET note = 'new' WHERE id = 2")?;
    let url = server.url();
    let several = sluice.call(&["reconcile", "shop.customers", "--with", &url])?;
    ensure!(several.code != 0 && several.err.contains("other.customers, public.customers"), "{several:?}");
    let words = ["--with", &url, "--source-table", "public.customers"];
    let (code, found) = reconcile(&sluice, &words)?;
    ensure!(code == 7 && ids(&found, "different", "unknown") == [2], "{found:#}");
    ensure!(found["verdict"].as_str().is_some_and(|text| text.contains("is not known")), "{found:#}");
    // Silver that is ahead of what was read is no fault.
    let ahead = Place { lsn: 1 << 40, ms: "2".to_owned() };
    lake.write("landing/2.json", event("u", "{\"id\":2,\"note\":\"newer\"}", &ahead, 1))?;
    sluice.ok(&["replay"])?;
    let (code, found) = reconcile(&sluice, &words)?;
    ensure!(code == 0 && found["newer_in_silver"] == 1, "{found:#}");
    Ok(())
}
