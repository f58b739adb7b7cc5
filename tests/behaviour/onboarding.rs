//! From a folder of change files to a contract, and what a contract does not take for its own: another table's
//! records, a reload, a table of another format, a rebuild that empties silver.

use anyhow::{Context, Result, ensure};
use sluice_api::{OnboardDraft, ReplayLimits, TableReplay, ask};
use sluice_tests::TestLake;
use tempfile::TempDir;

fn empty_lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-onboarding-").tempdir()?;
    let lake = TestLake::at(folder.path());
    Ok((folder, lake))
}

async fn replay(lake: &TestLake) -> Result<TableReplay> {
    let replay = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(replay.counters.balances(), "{:?}", replay.counters);
    Ok(replay)
}

async fn good(lake: &TestLake) -> Result<TableReplay> {
    let replay = replay(lake).await?;
    ensure!(replay.error.is_none(), "{:?}", replay.error);
    Ok(replay)
}

/// Why the table stopped.
async fn stopped(lake: &TestLake) -> Result<String> {
    Ok(replay(lake).await?.error.context("the table stops")?.message)
}

async fn draft(lake: &TestLake, path: &str) -> Result<OnboardDraft> {
    Ok(lake
        .host()
        .call(ask::InferContract { path: path.to_owned(), name: None, table: None, answers: Default::default() })
        .await?)
}

/// An event of a `MySQL` connector, all within one second.
fn mysql(op: &str, id: u32, quantity: u32, file: &str, position: u32, row: u32) -> String {
    let image = format!(r#"{{"id":{id},"quantity":{quantity}}}"#);
    let (before, after) = if op == "d" { (image.as_str(), "null") } else { ("null", image.as_str()) };
    format!(
        r#"{{"before":{before},"after":{after},"source":{{"connector":"mysql","ts_ms":1700000000000,"db":"store","table":"stock","file":"{file}","pos":{position},"row":{row}}},"op":"{op}"}}
"#
    )
}

#[tokio::test]
async fn the_log_of_mysql_orders_events_by_the_number_of_its_file() -> Result<()> {
    let files = [
        [mysql("r", 1, 10, "bin.000099", 157, 0), mysql("r", 2, 10, "bin.000099", 157, 0)].concat(),
        [mysql("u", 1, 11, "bin.000099", 157, 0), mysql("u", 2, 11, "bin.000099", 300, 1)].concat(),
        [mysql("u", 2, 12, "bin.000099", 300, 2), mysql("u", 1, 12, "bin.999999", 90, 0)].concat(),
        [mysql("u", 1, 13, "bin.1000000", 4, 0), mysql("c", 3, 1, "bin.1000000", 5, 0)].concat(),
        mysql("d", 3, 1, "bin.1000000", 6, 0),
    ];
    let (_folder, proposing) = empty_lake()?;
    for (at, file) in files.iter().enumerate() {
        proposing
            .write(&format!("landing/topics/store.store.stock/partition=0/store.store.stock+0+{at:010}.json"), file)?;
    }
    let proposal = draft(&proposing, "./landing/topics/store.store.stock/").await?;
    ensure!(proposal.order() == "source.file, source.pos, source.row", "{proposal:?}");
    ensure!(proposal.sequence.is_empty() && !proposal.yaml.contains("\n  sequence:"), "{}", proposal.yaml);
    ensure!(proposal.questions.is_empty() && proposal.problems.is_empty(), "{:?}", proposal.questions);
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]] {
        let (_folder, lake) = empty_lake()?;
        // The first batch may be a delete alone.
        lake.write("contracts/store/stock.yaml", proposal.yaml.replace("row_count > 0", "row_count >= 0"))?;
        for at in order {
            lake.write(&format!("landing/topics/store.store.stock/{at}.json"), &files[at])?;
            good(&lake).await?;
        }
        let found = lake.silver_rows("store.stock", &["id", "quantity"]).await?;
        ensure!(found == ["1 13", "2 12"], "{order:?}: {found:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_connector_without_a_known_position_is_a_question() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    let event = |id: u32| {
        format!(
            "{{\"before\":null,\"after\":{{\"id\":{id},\"name\":\"n{id}\"}},\"op\":\"c\",\
             \"source\":{{\"connector\":\"yashandb\",\"ts_ms\":17000000000{id:02},\"table\":\"a\"}}}}\n"
        )
    };
    lake.write("landing/a/1.json", (1..9).map(event).collect::<String>())?;
    let proposal = draft(&lake, "landing/a").await?;
    ensure!(proposal.sequence.is_empty(), "never the time: {:?}", proposal.sequence);
    ensure!(proposal.questions.iter().any(|question| question.text.contains("connector yashandb")), "{proposal:?}");
    ensure!(proposal.yaml.contains("# decide: ") && !proposal.yaml.contains("sequence: [source.ts_ms]"));

    // Without a sequence every record says what its order is; one of another connector is named as that.
    lake.write("landing/b/1.json", mysql("c", 1, 1, "bin.000001", 4, 0))?;
    let schema = "schema:\n- {name: id, type: int, primary_key: true}\n- {name: quantity, type: int}\n";
    let contract =
        |apply: &str| format!("dataset: x.b\nsource: {{path: landing/b, format: debezium_json}}\n{apply}{schema}");
    lake.write("contracts/x/b.yaml", contract("apply: {sequence: [source.lsn]}\n"))?;
    let message = stopped(&lake).await?;
    for says in ["MISSING_SEQ in source.lsn (1)", "record 1 of landing/b/1.json", "leave out sequence", "source.file"] {
        ensure!(message.contains(says), "{says}: {message}");
    }
    lake.write("contracts/x/b.yaml", contract(""))?;
    good(&lake).await?;
    ensure!(lake.silver_rows("x.b", &["id", "quantity"]).await? == ["1 1"]);
    Ok(())
}

/// An insert of PostgreSQL into a table of a stream.
fn of_table(table: &str, id: u32, name: &str, position: u32) -> String {
    format!(
        r#"{{"before":null,"after":{{"id":{id},"name":"{name}"}},"op":"c","source":{{"connector":"postgresql","ts_ms":1700000000000,"db":"app","schema":"public","table":"{table}","lsn":{position}}}}}
"#
    )
}

fn stream_contract(source: &str) -> String {
    format!(
        "dataset: app.orders\nsource: {{path: landing/stream, format: debezium_json{source}}}\nschema:\n\
         - {{name: id, type: int, primary_key: true}}\n- {{name: name, type: string}}\n"
    )
}

#[tokio::test]
async fn records_of_another_table_never_overwrite_rows() -> Result<()> {
    let orders = [of_table("orders", 1, "a", 1), of_table("orders", 2, "b", 2)].concat();
    let customers = [of_table("customers", 1, "Ada", 3), of_table("customers", 2, "Max", 4)].concat();
    // In one file, and in one after the other.
    for files in [vec![[orders.as_str(), customers.as_str()].concat()], vec![orders, customers]] {
        let (_folder, lake) = empty_lake()?;
        lake.write("contracts/app/orders.yaml", stream_contract(""))?;
        let (last, before) = files.split_last().context("there is a file")?;
        for (at, file) in before.iter().enumerate() {
            lake.write(&format!("landing/stream/{at}.json"), file)?;
            good(&lake).await?;
        }
        lake.write("landing/stream/9.json", last)?;
        let message = stopped(&lake).await?;
        for says in ["app.public.customers (2 records)", "app.public.orders", "source.table"] {
            ensure!(message.contains(says), "{says}: {message}");
        }
        // The table is named: records in bronze are distinguished too.
        lake.write("contracts/app/orders.yaml", stream_contract(", table: public.orders"))?;
        good(&lake).await?;
        ensure!(lake.silver_rows("app.orders", &["id", "name"]).await? == ["1 a", "2 b"]);
        lake.write(
            "landing/stream/99.json",
            [of_table("orders", 3, "c", 5), of_table("customers", 3, "Eve", 6)].concat(),
        )?;
        let replay = good(&lake).await?;
        ensure!(replay.left_out == [("app.public.customers".to_owned(), 1)], "{:?}", replay.left_out);
        ensure!(replay.counters.rows_in == 1 && replay.reasons.is_empty(), "{replay:?}");
        ensure!(lake.silver_rows("app.orders", &["id", "name"]).await? == ["1 a", "2 b", "3 c"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_name_with_a_star_takes_the_parts_of_a_table() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/app/orders.yaml", stream_contract(", table: orders_*"))?;
    let parts = [of_table("orders_2025", 1, "a", 1), of_table("orders_2026", 2, "b", 2), of_table("other", 3, "c", 3)];
    lake.write("landing/stream/1.json", parts.concat())?;
    good(&lake).await?;
    ensure!(lake.silver_rows("app.orders", &["id", "name"]).await? == ["1 a", "2 b"]);
    Ok(())
}

#[tokio::test]
async fn onboarding_proposes_a_contract_for_each_table_of_a_stream() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    let orders = (1..9).map(|id| of_table("orders", id, "a", id)).collect::<String>();
    let customers = (1..9).map(|id| of_table("customers", id, "b", 100 + id).replace("\"name\"", "\"first\""));
    lake.write("landing/stream/shop/2026/11/01/x.json", orders + &customers.collect::<String>())?;
    let both = draft(&lake, "landing/stream/shop").await?;
    ensure!(both.questions.iter().any(|question| question.text.contains("Records of 2 source tables")), "{both:?}");
    for (table, name, column) in
        [("app.public.orders", "shop.orders", "name"), ("app.public.customers", "shop.customers", "first")]
    {
        let table = Some(table.to_owned());
        let one = ask::InferContract {
            path: "landing/stream/shop".to_owned(),
            name: None,
            table,
            answers: Default::default(),
        };
        let one = lake.host().call(one).await?;
        let columns: Vec<&str> = one.columns.iter().map(|column| column.name.as_str()).collect();
        ensure!((one.name.to_string().as_str(), columns) == (name, vec!["id", column]), "{one:?}");
        ensure!(one.questions.is_empty() && one.problems.is_empty(), "{:?} {:?}", one.questions, one.problems);
        lake.write(&format!("contracts/shop/{}.yaml", one.name.table), &one.yaml)?;
    }
    let replayed = lake.replay().await?;
    ensure!(replayed.tables.iter().all(|table| table.error.is_none() && table.counters.inserted == 8), "{replayed:?}");
    Ok(())
}

#[tokio::test]
async fn aws_dms_without_a_position_is_ordered_by_file_and_row() -> Result<()> {
    let contract = "dataset: sales.orders\nsource: {path: landing/sales/orders, format: dms_csv, csv_columns: [id, status]}\nschema:\n\
                    - {name: id, type: int, primary_key: true}\n- {name: status, type: string}\n";
    let files = [
        ("LOAD00000001.csv", "1,new\n2,new\n3,new\n"),
        ("2026-11-01/20261101-090000000.csv", "U,1,paid\nU,1,sent\nD,2,new\nI,4,new\n"),
        ("2026-11-02/20261102-090000000.csv", "U,1,back\nI,2,again\nU,4,paid\nD,4,paid\n"),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let (_folder, lake) = empty_lake()?;
        lake.write("contracts/sales/orders.yaml", contract)?;
        for at in order {
            let (name, content) = files[at];
            lake.write(&format!("landing/sales/orders/{name}"), content)?;
            let replay = good(&lake).await?;
            ensure!(replay.reasons.is_empty(), "{:?}", replay.reasons);
        }
        let expected = ["1 back", "2 again", "3 new"];
        ensure!(lake.silver_rows("sales.orders", &["id", "status"]).await? == expected, "{order:?}");
        lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
        ensure!(lake.silver_rows("sales.orders", &["id", "status"]).await? == expected, "{order:?}, from bronze");
    }
    // A file with another name has no place.
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/sales/orders.yaml", contract)?;
    lake.write("landing/sales/orders/export.csv", "U,1,paid\n")?;
    let message = stopped(&lake).await?;
    ensure!(message.contains("MISSING_SEQ") && message.contains("the file's name has no time"), "{message}");
    Ok(())
}

#[tokio::test]
async fn onboarding_says_that_the_records_of_aws_dms_carry_no_position() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    lake.write("landing/sales/orders/LOAD00000001.csv", "id,status\n1,new\n2,new\n3,new\n")?;
    lake.write("landing/sales/orders/20261101-090000000.csv", "Op,id,status\nU,1,paid\nD,2,new\nI,4,new\n")?;
    let proposal = draft(&lake, "landing/sales/orders").await?;
    ensure!(proposal.sequence.is_empty() && proposal.questions.is_empty(), "{proposal:?}");
    let order =
        proposal.evidence.iter().find(|seen| seen.text.starts_with("Order by the time in the name of the file"));
    ensure!(order.is_some_and(|seen| seen.ok && seen.count == "3 of 3 changes"), "{:?}", proposal.evidence);
    lake.write("contracts/sales/orders.yaml", &proposal.yaml)?;
    good(&lake).await?;
    ensure!(lake.silver_rows("sales.orders", &["id", "status"]).await? == ["1 paid", "3 new", "4 new"]);
    Ok(())
}

#[tokio::test]
async fn plain_rows_are_called_plain_and_another_formats_table_is_refused() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    lake.write("landing/plain/export.csv", "1,a\n2,b\n3,c\n")?;
    let proposal = draft(&lake, "landing/plain").await?;
    ensure!((proposal.format.as_str(), proposal.title.as_str()) == ("csv", "Plain rows, CSV"), "{proposal:?}");
    ensure!(!proposal.questions.is_empty(), "a watermark is asked for");
    let empty = |seen: &&sluice_api::Evidence| seen.ok && seen.count.starts_with("0 of");
    ensure!(proposal.evidence.iter().find(empty).is_none(), "{:?}", proposal.evidence);

    lake.write("landing/delta/part-0.csv", "id,updated_at\n1,2026-11-01\n")?;
    lake.write(
        "landing/delta/_delta_log/00000000000000000000.json",
        "{\"metaData\":{\"id\":\"x\",\"configuration\":{}}}",
    )?;
    let refused = draft(&lake, "landing/delta").await.err().context("it is refused")?.to_string();
    ensure!(refused.contains("landing/delta is the folder of a table of Delta"), "{refused}");
    lake.write(
        "contracts/x/delta.yaml",
        "dataset: x.delta\nsource: {path: landing/delta, format: csv}\napply: {sequence: [updated_at]}\nschema:\n\
         - {name: id, type: int, primary_key: true}\n- {name: updated_at, type: date}\n",
    )?;
    ensure!(stopped(&lake).await?.contains("a table of Delta"), "a replay refuses it too");
    Ok(())
}

#[tokio::test]
async fn a_mistaken_format_does_not_empty_a_table() -> Result<()> {
    let contract = |format: &str, apply: &str| {
        format!(
            "dataset: app.orders\nsource: {{path: landing/stream, format: {format}}}\napply: {{{apply}}}\nschema:\n\
             - {{name: id, type: int, primary_key: true}}\n- {{name: name, type: string}}\n"
        )
    };
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/app/orders.yaml", contract("debezium_json", ""))?;
    let names = |id: u32| of_table("orders", id, if id == 1 { "kept" } else { "gone" }, id);
    lake.write("landing/stream/1.json", (1..5).map(names).collect::<String>())?;
    good(&lake).await?;
    let before = lake.silver_rows("app.orders", &["id", "name"]).await?;
    ensure!(before.len() == 4);

    lake.write("contracts/app/orders.yaml", contract("debezium_flat_json", ""))?;
    let message = stopped(&lake).await?;
    ensure!(
        message.contains("v1 stays visible") && message.contains("100.0 % of its records are in quarantine"),
        "{message}"
    );
    ensure!(lake.silver_rows("app.orders", &["id", "name"]).await? == before);

    // Fewer rows by a condition may be meant, and need to be asked for.
    lake.write("contracts/app/orders.yaml", contract("debezium_json", "delete_when: \"name = 'gone'\""))?;
    let message = stopped(&lake).await?;
    ensure!(message.contains("it would have 1 of the 4 rows") && message.contains("--full-refresh"), "{message}");
    ensure!(lake.silver_rows("app.orders", &["id", "name"]).await? == before);
    lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(lake.silver_rows("app.orders", &["id", "name"]).await? == ["1 kept"]);
    good(&lake).await?;
    Ok(())
}

#[tokio::test]
async fn names_that_a_table_cannot_have_get_a_proposal_and_a_fix() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    let event = |op: &str, id: u32, quantity: f64, position: u32| {
        let image = format!(r#"{{"order id":{id},"qty(kg)":{quantity:.1},"a.b":"v{id}"}}"#);
        let (before, after) = if op == "d" { (image.as_str(), "null") } else { ("null", image.as_str()) };
        let source = format!(r#"{{"connector":"postgresql","lsn":{position}}}"#);
        format!("{{\"before\":{before},\"after\":{after},\"source\":{source},\"op\":\"{op}\"}}\n")
    };
    let inserts = (1..4).map(|id| event("c", id, 1.5 + f64::from(id), id)).collect::<String>();
    lake.write("landing/x/1.json", inserts + &event("u", 1, 9.5, 10) + &event("d", 2, 0.5, 11))?;
    let proposal = draft(&lake, "landing/x").await?;
    let names: Vec<&str> = proposal.columns.iter().map(|column| column.name.as_str()).collect();
    ensure!(names == ["order_id", "qty_kg", "a.b"] && proposal.problems.is_empty(), "{proposal:?}");
    lake.write("contracts/landing/x.yaml", &proposal.yaml)?;
    good(&lake).await?;
    ensure!(lake.silver_rows(&proposal.name.to_string(), &["order_id", "qty_kg"]).await? == ["1 9.5", "3 4.5"]);

    lake.write(
        "contracts/landing/x.yaml",
        proposal.yaml.replace("  renamed_from: \"order id\"\n", "").replace("order_id", "order id"),
    )?;
    let problems = lake.draft().await?.problems;
    let shown = problems.iter().map(ToString::to_string).collect::<String>();
    ensure!(
        shown.contains("`order id` cannot be a column name") && shown.contains("renamed_from: \"order id\""),
        "{shown}"
    );

    let contract = |name: &str| format!("dataset: {name}\nschema:\n- {{name: id, type: int, primary_key: true}}\n");
    lake.write("contracts/shop/T.yaml", contract("shop.T"))?;
    lake.write("contracts/shop/t.yaml", contract("shop.t"))?;
    let problems = lake.draft().await?.problems;
    ensure!(
        problems.iter().any(|problem| problem.message.contains("differs from shop.T in upper and lower case")),
        "{problems:?}"
    );
    Ok(())
}

#[tokio::test]
async fn documents_of_mongodb_are_rows_and_what_is_not_in_a_record_is_named() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    let event = |op: &str, after: &str| {
        format!(
            "{{\"before\":null,\"after\":{after},\"op\":\"{op}\",\"source\":{{\"connector\":\"mongodb\",\
             \"ts_ms\":1700000000000,\"ord\":1,\"db\":\"iot\",\"collection\":\"device\"}}}}\n"
        )
    };
    let document =
        r#""{\"_id\":{\"$oid\":\"65f0a1b2c3d4e5f6a7b8c9d0\"},\"name\":\"a\",\"n\":{\"$numberLong\":\"5\"}}""#;
    lake.write("landing/device/1.json", [event("c", document), event("d", "null")].concat())?;
    let proposed = draft(&lake, "landing/device").await?;
    ensure!(proposed.title == "Debezium MongoDB, JSON" && proposed.key == ["id"], "{proposed:?}");
    ensure!(proposed.questions.is_empty() && proposed.sequence.is_empty(), "{:?}", proposed.questions);
    lake.write(
        "contracts/iot/device.yaml",
        proposed.yaml.replace("apply:\n", "apply:\n  quarantine_limit: 1\n").replace("landing.device", "iot.device"),
    )?;
    good(&lake).await?;
    let found = lake.silver_rows("iot.device", &["id", "name", "n"]).await?;
    ensure!(found == ["65f0a1b2c3d4e5f6a7b8c9d0 a 5"], "{found:?}");
    let quarantine = lake.quarantine("iot.device").await?.select(&["reason", "detail"])?.rows;
    ensure!(quarantine.len() == 1 && quarantine[0][0].as_deref() == Some("MISSING_KEY"), "{quarantine:?}");
    ensure!(quarantine[0][1].as_deref().is_some_and(|text| text.contains("capture.mode")), "{quarantine:?}");
    Ok(())
}

#[tokio::test]
async fn a_reload_of_aws_dms_stops_the_table_until_the_contract_says_what_it_is() -> Result<()> {
    let contract = |source: &str| {
        format!(
            "dataset: sales.customer\nsource: {{path: landing/customer, format: dms_csv, csv_columns: [id, tier]{source}}}\nschema:\n\
             - {{name: id, type: int, primary_key: true}}\n- {{name: tier, type: string}}\n"
        )
    };
    let of_reload = ["1 gold", "2 black", "4 gold"];
    let of_same = ["1 plus", "2 black", "3 plus", "4 gold"];
    for (answer, expected) in [("reload", &of_reload[..]), ("same", &of_same[..])] {
        let (folder, lake) = empty_lake()?;
        lake.write("contracts/sales/customer.yaml", contract(""))?;
        lake.write("landing/customer/LOAD00000001.csv", "1,basic\n2,basic\n3,basic\n")?;
        lake.write("landing/customer/20261101-090000000.csv", "U,1,plus\nU,2,plus\nU,3,plus\n")?;
        good(&lake).await?;
        std::fs::remove_file(folder.path().join("landing/customer/20261101-090000000.csv"))?;
        lake.write("landing/customer/LOAD00000001.csv", "1,gold\n2,gold\n4,gold\n")?;
        lake.write("landing/customer/20261103-090000000.csv", "U,2,black\n")?;
        let message = stopped(&lake).await?;
        for says in ["LOAD00000001.csv is a full load that was written again since batch 1", "{2: reload}", "{2: same}"]
        {
            ensure!(message.contains(says), "{says}: {message}");
        }
        ensure!(lake.silver_rows("sales.customer", &["id", "tier"]).await? == ["1 plus", "2 plus", "3 plus"]);
        lake.write("contracts/sales/customer.yaml", contract(&format!(", restarts: {{2: {answer}}}")))?;
        good(&lake).await?;
        ensure!(lake.silver_rows("sales.customer", &["id", "tier"]).await? == expected, "{answer}");
        lake.write("landing/customer/20261104-090000000.csv", "U,1,later\n")?;
        good(&lake).await?;
        let after = lake.silver_rows("sales.customer", &["id", "tier"]).await?;
        ensure!(after.first().is_some_and(|row| row == "1 later"), "{after:?}");
        lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
        ensure!(lake.silver_rows("sales.customer", &["id", "tier"]).await? == after, "{answer}, from bronze");
    }
    Ok(())
}

#[tokio::test]
async fn a_log_that_counts_anew_stops_the_table_until_the_contract_says_so() -> Result<()> {
    let contract = |source: &str| {
        format!(
            "dataset: store.stock\nsource: {{path: landing/stock, format: debezium_json{source}}}\n\
             schema:\n\
             - {{name: id, type: int, primary_key: true}}\n- {{name: quantity, type: int}}\n"
        )
    };
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/store/stock.yaml", contract(""))?;
    lake.write(
        "landing/stock/1.json",
        [mysql("c", 1, 10, "bin.000500", 4, 0), mysql("c", 2, 20, "bin.000500", 9, 0)].concat(),
    )?;
    good(&lake).await?;
    // A late event is no restart: its time is not newer.
    lake.write("landing/stock/2.json", mysql("u", 1, 5, "bin.000400", 4, 0))?;
    good(&lake).await?;
    let of_new_server = mysql("u", 1, 11, "bin.000001", 4, 0).replace("1700000000000", "1700090000000");
    lake.write("landing/stock/3.json", of_new_server)?;
    let message = stopped(&lake).await?;
    for says in ["counts anew", "{3: position}"] {
        ensure!(message.contains(says), "{says}: {message}");
    }
    lake.write("contracts/store/stock.yaml", contract(", restarts: {3: position}"))?;
    good(&lake).await?;
    ensure!(lake.silver_rows("store.stock", &["id", "quantity"]).await? == ["1 11", "2 20"]);
    lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(lake.silver_rows("store.stock", &["id", "quantity"]).await? == ["1 11", "2 20"]);
    Ok(())
}

#[tokio::test]
async fn a_log_that_counts_anew_inside_of_a_batch_stops_the_table_too() -> Result<()> {
    let contract = |source: &str, sequence: &str| {
        format!(
            "dataset: store.stock\nsource: {{path: landing/stock, format: debezium_json{source}}}\n\
             apply: {{sequence: [{sequence}]}}\nschema:\n\
             - {{name: id, type: int, primary_key: true}}\n- {{name: quantity, type: int}}\n"
        )
    };
    let log = "source.file, source.pos, source.row";
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/store/stock.yaml", contract("", log))?;
    let of_new_server = mysql("u", 2, 11, "bin.000001", 4, 0).replace("1700000000000", "1700090000000");
    lake.write("landing/stock/1.json", [mysql("c", 1, 20, "bin.000500", 4, 0), of_new_server].concat())?;
    let message = stopped(&lake).await?;
    for says in ["counts anew inside of the batch", "{1: same}"] {
        ensure!(message.contains(says), "{says}: {message}");
    }
    lake.write("contracts/store/stock.yaml", contract(", restarts: {1: same}", log))?;
    good(&lake).await?;

    // A column may count for each key.
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/store/stock.yaml", contract("", "quantity"))?;
    lake.write("landing/stock/1.json", mysql("c", 1, 20, "bin.000500", 4, 0))?;
    good(&lake).await?;
    let of_another_key = mysql("c", 2, 1, "bin.000501", 4, 0).replace("1700000000000", "1700090000000");
    lake.write("landing/stock/2.json", of_another_key)?;
    good(&lake).await?;
    Ok(())
}

#[tokio::test]
async fn records_of_two_servers_are_no_rows_of_one_table() -> Result<()> {
    let event = |server: &str, id: u32, position: u32| {
        format!(
            "{{\"op\":\"c\",\"after\":{{\"id\":{id}}},\"source\":{{\"connector\":\"postgresql\",\"name\":\"{server}\",\"db\":\"shop\",\
             \"schema\":\"public\",\"table\":\"orders\",\"lsn\":{position},\"sequence\":\"[\\\"{position}\\\",\\\"{position}\\\"]\"}}}}\n"
        )
    };
    let contract = |source: &str| {
        format!(
            "dataset: shop.orders\nsource: {{path: landing/orders, format: debezium_json{source}}}\n\
             apply: {{sequence: [source.lsn]}}\nschema:\n- {{name: id, type: int, primary_key: true}}\n"
        )
    };
    // In one batch, and in two.
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/shop/orders.yaml", contract(""))?;
    lake.write("landing/orders/1.json", event("berlin", 1, 10) + &event("madrid", 1, 5))?;
    let reason = stopped(&lake).await?;
    ensure!(reason.contains("berlin (1 records)") && reason.contains("madrid (1 records)"), "{reason}");

    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/shop/orders.yaml", contract(""))?;
    lake.write("landing/orders/1.json", event("berlin", 1, 10))?;
    good(&lake).await?;
    lake.write("landing/orders/2.json", event("madrid", 2, 5))?;
    let reason = stopped(&lake).await?;
    ensure!(reason.contains("berlin (earlier batches)") && reason.contains("{2: position}"), "{reason}");
    // The ways out: another server from then on, or the same log under another name.
    for way in ["position", "same"] {
        lake.write("contracts/shop/orders.yaml", contract(&format!(", restarts: {{2: {way}}}")))?;
        good(&lake).await?;
        lake.write(&format!("landing/orders/3-{way}.json"), event("madrid", 3, 20))?;
        good(&lake).await?;
    }
    ensure!(lake.silver_rows("shop.orders", &["id"]).await? == ["1", "2", "3"]);
    Ok(())
}

#[tokio::test]
async fn what_is_unique_in_the_sample_alone_is_no_key() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    let row = |id: u32, name: &str| {
        format!("{{\"op\":\"c\",\"after\":{{\"id\":{id},\"name\":\"{name}\"}},\"source\":{{\"lsn\":{id}}}}}\n")
    };
    let text: String = (1..20).map(|at| row(at / 2, &format!("n{at}"))).collect();
    lake.write("landing/orders/1.json", text)?;
    let proposal = draft(&lake, "landing/orders").await?;
    ensure!(proposal.key.is_empty(), "{:?}", proposal.key);
    let mut questions = proposal.questions.iter();
    ensure!(questions.any(|question| question.text.contains("may repeat in the table")), "{:?}", proposal.questions);
    Ok(())
}

#[tokio::test]
async fn a_number_of_an_unknown_unit_is_asked_about_and_not_read() -> Result<()> {
    let row = |id: u32| {
        format!(
            "{{\"op\":\"c\",\"after\":{{\"id\":{id},\"opened_at\":86400000}},\"source\":{{\"connector\":\"postgresql\",\"lsn\":{id}}}}}\n"
        )
    };
    let (_folder, lake) = empty_lake()?;
    lake.write("landing/shops/1.json", (1..9).map(row).collect::<String>())?;
    let proposal = draft(&lake, "landing/shops").await?;
    let asked = proposal.questions.iter().find(|question| question.column.as_deref() == Some("opened_at"));
    ensure!(asked.is_some_and(|asked| asked.text.contains("what its numbers count")), "{:?}", proposal.questions);
    for (data_type, is_read) in [
        ("timestamp_ntz", false),
        ("timestamp", false),
        ("time", false),
        ("date", false),
        ("timestamp_ntz, unit: milliseconds", true),
        ("time, unit: milliseconds", true),
        ("bigint", true),
    ] {
        let (_folder, lake) = empty_lake()?;
        lake.write(
            "contracts/x/shops.yaml",
            format!(
                "dataset: x.shops\nsource: {{path: landing/shops, format: debezium_json}}\napply: {{sequence: [source.lsn]}}\n\
                 schema:\n- {{name: id, type: int, primary_key: true}}\n- {{name: opened_at, type: {data_type}}}\n"
            ),
        )?;
        lake.write("landing/shops/1.json", row(1))?;
        let done = replay(&lake).await?;
        ensure!(done.error.is_none() == is_read, "{data_type}: {:?}", done.error);
        if let Some(error) = done.error {
            ensure!(error.message.contains("Write unit:") && !error.message.contains("86400000"), "{error}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_text_that_is_no_json_is_in_quarantine() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    let contract = "dataset: x.shops\nsource: {path: landing/shops, format: debezium_json}\n\
        apply: {sequence: [source.lsn], quarantine_limit: 0.9}\n\
        schema:\n- {name: id, type: int, primary_key: true}\n- {name: data, type: json}\n";
    lake.write("contracts/x/shops.yaml", contract)?;
    let row = |id: u32, json: &str| {
        format!("{{\"op\":\"c\",\"after\":{{\"id\":{id},\"data\":{json}}},\"source\":{{\"lsn\":{id}}}}}\n")
    };
    let good = [r#""{\"a\": 1}""#, r#"{"a":[1e999]}"#, r#""12""#, "null"];
    let bad = [r#""{\"a\": 1""#, r#""{a: 1}""#, r#""""#, r#""1 2""#];
    let all = good.iter().chain(&bad).zip(1..).map(|(json, id)| row(id, json)).collect::<String>();
    lake.write("landing/shops/1.json", all)?;
    let done = replay(&lake).await?;
    ensure!(done.error.is_none() && done.counters.quarantined == 4, "{done:?}");
    ensure!(done.reasons == [("TYPE_MISMATCH".to_owned(), 4)], "{:?}", done.reasons);
    ensure!(lake.silver_rows("x.shops", &["id", "data"]).await? == ["1 {\"a\": 1}", "2 {\"a\":[1e999]}", "3 12", "4 "]);
    Ok(())
}

#[tokio::test]
async fn names_that_differ_in_how_accents_are_written_are_one_name() -> Result<()> {
    let (composed, apart) = ("caf\u{e9}", "cafe\u{301}");
    let contract = |table: &str, columns: &str| {
        format!(
            "dataset: x.{table}\nsource: {{path: landing/a, format: debezium_json}}\napply: {{sequence: [source.lsn]}}\n\
             schema:\n- {{name: id, type: int, primary_key: true}}\n{columns}"
        )
    };
    let problems = |table: &str, columns: &str, key: &str| -> String {
        let text = contract(table, columns).replace("apply: {", &format!("apply: {{{key}"));
        let problems = sluice_contract::Contract::parse(&text, "a.yaml").err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect()
    };
    let column = |name: &str| format!("- {{name: {name}, type: string}}\n");
    let said = problems("a", &(column(composed) + &column(apart)), "");
    ensure!(said.contains("accents") && said.contains("Remove or rename"), "{said}");
    let said = problems("a", &column(composed), &format!("key: [{apart}], "));
    ensure!(said.contains("accents") && said.contains("write both alike"), "{said}");
    let said = problems(apart, "", "");
    ensure!(said.contains("NFC"), "{said}");

    // A record may have either form, and not both.
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/x/a.yaml", contract("a", &column(composed)))?;
    let record = |id: u32, members: &str| {
        format!("{{\"op\":\"c\",\"after\":{{\"id\":{id},{members}}},\"source\":{{\"lsn\":{id}}}}}\n")
    };
    lake.write("landing/a/1.json", record(1, &format!("\"{apart}\":\"x\"")))?;
    good(&lake).await?;
    ensure!(lake.silver_rows("x.a", &[composed]).await? == ["x"]);
    lake.write("landing/a/2.json", record(2, &format!("\"{apart}\":\"x\",\"{composed}\":\"y\"")))?;
    let reason = stopped(&lake).await?;
    ensure!(reason.contains("INCOMPATIBLE_CHANGE") && reason.contains("accents"), "{reason}");
    Ok(())
}
