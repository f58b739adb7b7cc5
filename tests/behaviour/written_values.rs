//! Dates, numbers, booleans and lengths of time that partners and MySQL write in their own way: onboarding proposes the
//! functions that read them where the samples leave no doubt, else it asks, and silver has the values.

use anyhow::{Context, Result, ensure};
use sluice_api::{OnboardAnswers, OnboardDraft, QuestionKind, ReplayLimits, ask};
use sluice_tests::TestLake;
use tempfile::TempDir;

fn lake(content: &str, name: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-written-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write(&format!("landing/crm/bills/{name}"), content)?;
    Ok((folder, lake))
}

async fn draft(lake: &TestLake, answers: &[&str], definitions: &[&str]) -> Result<OnboardDraft> {
    let answers = answers.iter().map(|answer| answer.parse()).collect::<Result<_, _>>();
    let answers = OnboardAnswers {
        answers: answers.map_err(|mistake| anyhow::anyhow!("{mistake:?}"))?,
        definitions: definitions.iter().map(|text| (*text).to_owned()).collect(),
        ..OnboardAnswers::default()
    };
    let path = "landing/crm/bills".to_owned();
    Ok(lake.host().call(ask::InferContract { path, name: None, table: None, answers }).await?)
}

/// Rows of silver by the proposal, which leaves no question, and how many records are in quarantine.
async fn replayed(lake: &TestLake, draft: &OnboardDraft, columns: &[&str]) -> Result<(Vec<String>, u64)> {
    ensure!(draft.questions.is_empty() && draft.problems.is_empty(), "{:?} {:?}", draft.questions, draft.problems);
    lake.write("contracts/crm/bills.yaml", &draft.yaml)?;
    let table = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(table.error.is_none() && table.counters.balances(), "{:?} {}", table.error, draft.yaml);
    Ok((lake.silver_rows("crm.bills", columns).await?, table.counters.quarantined))
}

const COLUMNS: [&str; 5] = ["id", "day", "at", "total", "paid"];

#[tokio::test]
async fn what_the_samples_leave_no_doubt_about_is_read() -> Result<()> {
    let csv = "id,day,at,total,paid,updated_at\n\
               1,31.12.2026,12/31/2026 1:05 PM,\"1,234.50\",Yes,2026-11-20\n\
               2,01.02.2026,01/02/2026 11:00 AM,7.25,no,2026-11-20\n\
               3,,,,,2026-11-20\n";
    let json = "{\"id\":1,\"day\":\"31.12.2026\",\"at\":\"12/31/2026 1:05 PM\",\"total\":\"1,234.50\",\"paid\":\"Yes\",\
                \"updated_at\":\"2026-11-20\"}\n{\"id\":2,\"day\":\"01.02.2026\",\"at\":\"01/02/2026 11:00 AM\",\
                \"total\":\"7.25\",\"paid\":\"no\",\"updated_at\":\"2026-11-20\"}\n{\"id\":3,\"day\":null,\"at\":null,\
                \"total\":null,\"paid\":null,\"updated_at\":\"2026-11-20\"}\n";
    for (name, content) in [("a.csv", csv), ("a.json", json)] {
        let (_folder, lake) = lake(content, name)?;
        let draft = draft(&lake, &[], &[]).await?;
        let types: Vec<&str> = draft.columns.iter().map(|column| column.data_type.as_str()).collect();
        ensure!(types == ["bigint", "date", "timestamp_ntz", "decimal(12,2)", "string", "date"], "{name}: {types:?}");
        for part in ["parse_date(", "'%d.%m.%Y')", "'%m/%d/%Y %I:%M %p')", "parse_number(", "'.', ',')", "type=boolean"]
        {
            ensure!(draft.yaml.contains(part), "{name}: {part} {}", draft.yaml);
        }
        let (rows, quarantined) = replayed(&lake, &draft, &COLUMNS).await?;
        let expected =
            ["1 2026-12-31 2026-12-31T13:05:00 1234.50 Yes", "2 2026-02-01 2026-01-02T11:00:00 7.25 no", "3    "];
        ensure!(rows == expected && quarantined == 0, "{name}: {rows:?}");
        // Two words may have a third one in the next file, so they are booleans where somebody says so.
        let (_folder, lake) = self::lake(content, name)?;
        let draft = self::draft(&lake, &["type(paid)=boolean"], &[]).await?;
        ensure!(draft.yaml.contains("'yes', 'no')"), "{name}: {}", draft.yaml);
        let (rows, quarantined) = replayed(&lake, &draft, &["id", "paid"]).await?;
        ensure!(rows == ["1 true", "2 false", "3 "] && quarantined == 0, "{name}: {rows:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_fits_two_readings_is_asked_and_answered_by_either() -> Result<()> {
    let csv = "id,day,total,code,updated_at\n1,01/02/2026,\"1,234\",12.345.678,2026-11-20\n\
               2,03/04/2026,\"5,678\",23.456.789,2026-11-20\n";
    let (_folder, lake) = lake(csv, "a.csv")?;
    let asked = draft(&lake, &[], &[]).await?;
    let kinds: Vec<QuestionKind> = asked.questions.iter().map(|question| question.kind).collect();
    ensure!(kinds == [QuestionKind::Dates, QuestionKind::Numbers], "{kinds:?}");
    ensure!(asked.questions[0].suggestions == ["day first", "month first", "text"], "{:?}", asked.questions);
    ensure!(asked.questions[1].suggestions == ["decimal point", "decimal comma", "text"], "{:?}", asked.questions);
    let types: Vec<&str> = asked.columns.iter().map(|column| column.data_type.as_str()).collect();
    ensure!(types == ["bigint", "string", "string", "string", "date"], "until then they are text: {types:?}");
    for (answers, expected) in [
        (["dates=day first", "numbers=decimal point"], ["1 2026-02-01 1234", "2 2026-04-03 5678"]),
        (["dates=month first", "numbers=decimal comma"], ["1 2026-01-02 1.234", "2 2026-03-04 5.678"]),
        (["dates=text", "numbers=text"], ["1 01/02/2026 1,234", "2 03/04/2026 5,678"]),
    ] {
        let (_folder, lake) = self::lake(csv, "a.csv")?;
        let draft = draft(&lake, &answers, &[]).await?;
        let (rows, quarantined) = replayed(&lake, &draft, &["id", "day", "total"]).await?;
        ensure!(rows == expected && quarantined == 0, "{answers:?}: {rows:?} {}", draft.yaml);
    }
    Ok(())
}

#[tokio::test]
async fn a_definition_says_what_texts_are_of_and_the_samples_how_they_are_written() -> Result<()> {
    let csv = "id,day,total,flag,updated_at\n1,31/12/2026,\"1,234.50\",Y,2026-11-20\n\
               2,01/02/2026,\"7.25\",N,2026-11-20\n";
    let (_folder, lake) = lake(csv, "a.csv")?;
    let ddl =
        "CREATE TABLE bills (id bigint PRIMARY KEY, day date, total numeric(18,4), flag char(1), updated_at date);";
    let draft = draft(&lake, &[], &[ddl]).await?;
    let types: Vec<&str> = draft.columns.iter().map(|column| column.data_type.as_str()).collect();
    ensure!(types == ["bigint", "date", "decimal(18,4)", "string", "date"], "{types:?}");
    let (rows, _) = replayed(&lake, &draft, &["id", "day", "total", "flag"]).await?;
    ensure!(rows == ["1 2026-12-31 1234.5000 Y", "2 2026-02-01 7.2500 N"], "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn a_time_of_mysql_is_text_that_holds_every_length() -> Result<()> {
    let event = |lsn: u64, id: u64, took: i64| {
        let field = |name: &str, kind: &str| format!("{{\"field\":\"{name}\",\"type\":\"{kind}\"}}");
        let took_field = "{\"field\":\"took\",\"type\":\"int64\",\"name\":\"io.debezium.time.MicroTime\"}";
        let row =
            format!("{{\"field\":\"after\",\"type\":\"struct\",\"fields\":[{},{took_field}]}}", field("id", "int64"));
        format!(
            "{{\"schema\":{{\"type\":\"struct\",\"fields\":[{row}]}},\"payload\":{{\"op\":\"c\",\"before\":null,\
             \"after\":{{\"id\":{id},\"took\":{took}}},\"source\":{{\"connector\":\"mysql\",\"db\":\"crm\",\
             \"table\":\"bills\",\"file\":\"bin.1\",\"pos\":{lsn},\"row\":0,\"snapshot\":\"false\",\"server_id\":1}}}}}}\n"
        )
    };
    let content = [event(1, 1, 3_020_399_000_000), event(2, 2, -3_020_399_000_000), event(3, 3, 1_500_000)].concat();
    let (_folder, lake) = lake(&content, "a.json")?;
    let draft = draft(&lake, &["key=id"], &[]).await?;
    ensure!(draft.yaml.contains("type: string") && draft.yaml.contains("unit: microseconds"), "{}", draft.yaml);
    let (rows, quarantined) = replayed(&lake, &draft, &["id", "took"]).await?;
    ensure!(rows == ["1 838:59:59", "2 -838:59:59", "3 00:00:01.5"] && quarantined == 0, "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn a_definition_says_that_texts_or_numbers_are_times_of_mysql() -> Result<()> {
    let ddl = "CREATE TABLE `bills` (`id` int NOT NULL, `took` time(6), `v` date, PRIMARY KEY (`id`)) ENGINE=InnoDB;";
    let texts = "id,took,updated_at\n1,10:00:00,2026-11-20\n2,09:30:00,2026-11-20\n";
    let (_folder, lake) = lake(texts, "a.csv")?;
    let of_texts = draft(&lake, &[], &[ddl]).await?;
    lake.write("landing/crm/bills/b.csv", "id,took,updated_at\n1,-838:59:59,2026-11-21\n")?;
    let (rows, quarantined) = replayed(&lake, &of_texts, &["id", "took"]).await?;
    ensure!(rows == ["1 -838:59:59", "2 09:30:00"] && quarantined == 0, "{rows:?}");
    let event = |lsn: u64, took: i64| {
        format!("{{\"op\":\"c\",\"after\":{{\"id\":{lsn},\"took\":{took}}},\"source\":{{\"lsn\":{lsn}}}}}\n")
    };
    // By their size milliseconds of this century; the definition says that they are none.
    let (_folder, lake) = self::lake(&[event(1, 3_020_399_000_000), event(2, 1_800_000_000_000)].concat(), "a.json")?;
    let asked = draft(&lake, &["order=source.lsn"], &[ddl]).await?;
    let kinds: Vec<QuestionKind> = asked.questions.iter().map(|question| question.kind).collect();
    ensure!(kinds == [QuestionKind::Unit], "{:?}", asked.questions);
    let draft = draft(&lake, &["order=source.lsn", "unit=microseconds"], &[ddl]).await?;
    let (rows, _) = replayed(&lake, &draft, &["id", "took"]).await?;
    ensure!(rows == ["1 838:59:59", "2 500:00:00"], "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn a_contract_with_a_wrong_pattern_is_refused_with_column_and_pattern() -> Result<()> {
    let (_folder, lake) = lake("id,day\n1,31.12.26\n", "a.csv")?;
    let contract = "dataset: crm.bills\nsource: {path: landing/crm/bills/, format: csv}\napply: {scd: append}\nschema:\n\
                    - {name: id, type: bigint}\n- {name: day, type: date, from: \"parse_date(day, '%d.%m.%y')\"}\n";
    lake.write("contracts/crm/bills.yaml", contract)?;
    let error = lake.replay().await.err().context("it is refused")?.to_string();
    ensure!(error.contains("`day`") && error.contains("%d.%m.%y") && error.contains("bills.yaml"), "{error}");
    Ok(())
}

#[tokio::test]
async fn dates_in_a_partner_s_way_order_rows() -> Result<()> {
    let first = "id;name;updated_at\n1;Ada;31.12.2026 09:00\n2;Max;05.01.2027 10:00\n";
    let (_folder, lake) = lake(first, "a.csv")?;
    let draft = draft(&lake, &[], &[]).await?;
    ensure!(draft.sequence == ["updated_at"], "{:?}", draft.questions);
    let (rows, _) = replayed(&lake, &draft, &["id", "name"]).await?;
    ensure!(rows == ["1 Ada", "2 Max"], "{rows:?}");
    // By their letters 02.01.2027 is older than 31.12.2026, and 30.12.2026 is newer than 05.01.2027.
    lake.write(
        "landing/crm/bills/b.csv",
        "id;name;updated_at\n1;Ada King;02.01.2027 08:00\n2;Maxim;30.12.2026 08:00\n3;Eve;soon\n",
    )?;
    let contract = draft.yaml.replace("apply:\n", "apply:\n  quarantine_limit: 0.5\n");
    lake.write("contracts/crm/bills.yaml", contract)?;
    let table = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(table.error.is_none() && table.counters.quarantined == 1, "{:?} {:?}", table.error, table.counters);
    let rows = lake.silver_rows("crm.bills", &["id", "name"]).await?;
    ensure!(rows == ["1 Ada King", "2 Max"], "{rows:?}");
    let refreshed = lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(refreshed.tables.iter().all(|table| table.error.is_none()), "{:?}", refreshed.tables);
    ensure!(lake.silver_rows("crm.bills", &["id", "name"]).await? == rows);
    Ok(())
}

#[tokio::test]
async fn a_watermark_of_doubtful_dates_is_answered_by_its_name_in_the_contract() -> Result<()> {
    let csv = "id;Geändert am;v\n1;03.02.2026 10:00;a\n2;04.02.2026 11:30;b\n1;05.02.2026 09:00;c\n";
    let (_folder, lake) = lake(csv, "a.csv")?;
    let asked = draft(&lake, &["key=id"], &[]).await?;
    let kinds: Vec<QuestionKind> = asked.questions.iter().map(|question| question.kind).collect();
    ensure!(kinds == [QuestionKind::Order, QuestionKind::Dates], "{kinds:?}");
    let draft = draft(&lake, &["key=id", "order=Geändert_am", "dates=day first"], &[]).await?;
    let (rows, _) = replayed(&lake, &draft, &["id", "Geändert_am", "v"]).await?;
    ensure!(rows == ["1 2026-02-05T09:00:00 c", "2 2026-02-04T11:30:00 b"], "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn a_date_in_a_partner_s_way_is_the_version_of_full_snapshots() -> Result<()> {
    let first = "id,name,exported\n1,Ada,31.12.2026\n2,Max,31.12.2026\n";
    let (_folder, lake) = lake(first, "b.csv")?;
    lake.write("landing/crm/bills/a.csv", "id,name,exported\n1,Ada King,13.01.2027\n3,Eve,13.01.2027\n")?;
    let draft = draft(&lake, &["order=snapshots by exported"], &[]).await?;
    let (rows, quarantined) = replayed(&lake, &draft, &["id", "name", "exported"]).await?;
    ensure!(rows == ["1 Ada King 2027-01-13", "3 Eve 2027-01-13"] && quarantined == 0, "{rows:?} {}", draft.yaml);
    Ok(())
}
