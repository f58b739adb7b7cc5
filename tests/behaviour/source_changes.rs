//! The inbox of changes of sources: what is noted, what is proposed and why, and what a decision makes of a table.

use anyhow::{Context, Result, ensure};
use sluice_api::{
    ChosenChange, Layer, RecordNumber, ReplayLimits, SourceChange, SourceChangeState, SourceChangeView, SourceChoice,
    SourceDecision, SourceProposal, TableRef, ask,
};
use sluice_tests::{Rows, Sluice, TestLake, amount, counted};
use tempfile::TempDir;

/// A table with a key and two columns.
fn contract(table: &str, source: &str, columns: &str) -> String {
    format!(
        "dataset: \"shop.{table}\"\nsource: {{path: \"landing/{table}/\", format: debezium_json{source}}}\n\
         apply: {{quarantine_limit: 1.0}}\nschema:\n- {{name: id, type: bigint, primary_key: true}}\n{columns}"
    )
}

const NOTE: &str = "- {name: note, type: string} # what the customer wrote\n";

struct Shop {
    _folder: TempDir,
    lake: TestLake,
}

impl Shop {
    fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-changes-").tempdir()?;
        let lake = TestLake::at(folder.path());
        Ok(Self { lake, _folder: folder })
    }

    fn declare(&self, table: &str, source: &str, columns: &str) -> Result<()> {
        self.lake.write(&format!("contracts/shop/{table}.yaml"), contract(table, source, columns))
    }

    /// A file of updates, whose positions count on from `first`.
    fn land(&self, table: &str, file: u64, rows: &[&str]) -> Result<()> {
        let line = |(at, row): (u64, &&str)| {
            let position = file * 1_000 + at;
            format!("{{\"op\":\"u\",\"after\":{{{row}}},\"source\":{{\"lsn\":{position}}}}}\n")
        };
        let lines: String = (1..).zip(rows).map(line).collect();
        self.lake.write(&format!("landing/{table}/{file}.json"), lines)
    }

    async fn replay(&self) -> Result<()> {
        for table in self.lake.replay_by(1).await?.tables {
            ensure!(table.error.is_none(), "{:?}", table.error);
        }
        Ok(())
    }

    /// As a person does it: new columns whose time is over are decided first.
    fn replay_by_command(&self) -> Result<()> {
        Sluice::on_folder(self.lake.folder()).ok(&["replay"]).map(|_| ())
    }

    async fn inbox(&self, all: bool) -> Result<Vec<SourceChangeView>> {
        let inbox = self.lake.host().call(ask::SourceChanges { tables: Vec::new(), all }).await?;
        ensure!(inbox.problems.is_empty(), "{:?}", inbox.problems);
        Ok(inbox.changes)
    }

    async fn decide(
        &self,
        changes: &[SourceChangeView],
        decision: Option<SourceDecision>,
    ) -> Result<Vec<ChosenChange>> {
        let choice = |change: &SourceChangeView| SourceChoice {
            table: change.table.clone(),
            column: change.column.clone(),
            decision,
            data_type: None,
            from: None,
            keep_name: None,
        };
        let choices = changes.iter().map(choice).collect();
        Ok(self.lake.host().call(ask::DecideSourceChanges { choices, author: Some("mira".to_owned()) }).await?)
    }

    async fn decide_as_proposed(&self) -> Result<()> {
        let inbox = self.inbox(false).await?;
        for chosen in self.decide(&inbox, None).await? {
            ensure!(chosen.refused.is_none() && chosen.says.is_some(), "{chosen:?}");
        }
        Ok(())
    }

    async fn rows(&self, table: &str) -> Result<Rows> {
        let name = format!("shop.{table}").parse().map_err(anyhow::Error::msg)?;
        let mut rows = self.lake.rows(&TableRef { layer: Layer::Silver, name }).await?;
        rows.rows.sort();
        Ok(rows)
    }

    /// Rows of some columns, `∅` for null: `1 a ∅`.
    async fn texts(&self, table: &str, columns: &[&str]) -> Result<Vec<String>> {
        let rows = self.rows(table).await?.select(columns)?.rows;
        let text = |row: Vec<Option<String>>| {
            row.into_iter().map(|value| value.unwrap_or_else(|| "∅".to_owned())).collect::<Vec<_>>().join(" ")
        };
        let mut texts: Vec<String> = rows.into_iter().map(text).collect();
        texts.sort();
        Ok(texts)
    }

    /// Silver made from bronze alone is the same.
    async fn ensure_a_rebuild_is_equal(&self, table: &str) -> Result<()> {
        let before = self.rows(table).await?;
        self.lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
        let after = self.rows(table).await?;
        ensure!(before == after, "{before:?}\nbut a rebuild makes\n{after:?}");
        Ok(())
    }
}

fn one(mut inbox: Vec<SourceChangeView>) -> Result<(SourceChangeView, SourceProposal)> {
    ensure!(inbox.len() == 1, "{inbox:?}");
    let view = inbox.pop().context("one")?;
    let proposal = view.proposal.clone().context("a proposal")?;
    Ok((view, proposal))
}

/// `note` becomes `remark` in the second file.
async fn renamed() -> Result<Shop> {
    let shop = Shop::new()?;
    shop.declare("orders", "", NOTE)?;
    shop.land("orders", 1, &["\"id\":1,\"note\":\"a\"", "\"id\":2,\"note\":\"b\"", "\"id\":3,\"note\":\"c\""])?;
    shop.land("orders", 2, &["\"id\":1,\"remark\":\"a\"", "\"id\":2,\"remark\":\"b\""])?;
    shop.replay().await?;
    Ok(shop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_waits_with_its_evidence_and_stays_one_column_once_confirmed() -> Result<()> {
    let shop = renamed().await?;
    let (view, proposal) = one(shop.inbox(false).await?)?;
    ensure!((view.change, view.column.as_str(), view.batch) == (SourceChange::NewColumn, "remark", 2), "{view:?}");
    ensure!((view.file.as_str(), view.record) == ("landing/orders/2.json", Some(RecordNumber::of_row(0))), "{view:?}");
    ensure!(view.examples == ["a", "b"] && view.readers.is_empty(), "{view:?}");
    ensure!((proposal.decision, proposal.from.as_deref()) == (SourceDecision::Rename, Some("note")), "{proposal:?}");
    ensure!(proposal.evidence[0].starts_with("2 of 2 keys with both columns"), "{proposal:?}");
    // It does not apply itself.
    ensure!(shop.texts("orders", &["id", "note"]).await? == ["1 ∅", "2 ∅", "3 c"]);

    shop.decide(std::slice::from_ref(&view), None).await?;
    let text = std::fs::read_to_string(shop.lake.folder().join("contracts/shop/orders.yaml"))?;
    let line = "- {name: remark, type: string, renamed_from: [note]} # what the customer wrote\n";
    ensure!(text.ends_with(line), "{text}");
    shop.replay().await?;
    ensure!(shop.texts("orders", &["id", "remark"]).await? == ["1 a", "2 b", "3 c"]);
    ensure!(!shop.rows("orders").await?.columns.contains(&"note".to_owned()));
    shop.ensure_a_rebuild_is_equal("orders").await?;

    ensure!(shop.inbox(false).await?.is_empty());
    for change in shop.inbox(true).await? {
        let SourceChangeState::Decided { by, decision, .. } = &change.state else { panic!("{change:?}") };
        ensure!((by.as_str(), *decision) == ("mira", SourceDecision::Rename), "{change:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_column_that_somebody_reads_keeps_its_name() -> Result<()> {
    let shop = Shop::new()?;
    shop.declare("orders", "", NOTE)?;
    shop.lake.write("models/shop/notes.sql", "SELECT note, COUNT(*) AS n FROM silver.shop.orders GROUP BY note")?;
    shop.land("orders", 1, &["\"id\":1,\"note\":\"a\"", "\"id\":2,\"note\":\"b\""])?;
    shop.land("orders", 2, &["\"id\":1,\"remark\":\"a\"", "\"id\":2,\"remark\":\"b\""])?;
    shop.replay().await?;
    let (view, proposal) = one(shop.inbox(false).await?)?;
    ensure!(view.readers == ["gold.shop.notes"] && proposal.keep_name, "{view:?}");
    shop.decide_as_proposed().await?;
    shop.replay().await?;
    ensure!(shop.texts("orders", &["id", "note"]).await? == ["1 a", "2 b"]);
    shop.ensure_a_rebuild_is_equal("orders").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_may_be_a_personal_one_under_another_name_is_masked() -> Result<()> {
    let shop = Shop::new()?;
    shop.declare("orders", "", "- {name: note, type: string, pii: true}\n")?;
    shop.land("orders", 1, &["\"id\":1,\"note\":\"anna\"", "\"id\":2,\"note\":\"bert\""])?;
    shop.land("orders", 2, &["\"id\":1,\"remark\":\"anna\"", "\"id\":2,\"remark\":\"bert\""])?;
    shop.replay().await?;
    let (view, _) = one(shop.inbox(false).await?)?;
    ensure!(view.masked && view.examples == ["a•••", "b•••"], "{view:?}");
    shop.decide_as_proposed().await?;
    let contract = shop.lake.draft().await?;
    let orders = contract.contracts.values().next().context("a contract")?;
    ensure!(orders.column("remark").is_some_and(|column| column.pii), "it stays personal");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn other_values_or_values_alike_by_chance_are_no_rename() -> Result<()> {
    for rows in [
        ["\"id\":1,\"remark\":\"x\"", "\"id\":2,\"remark\":\"y\""],
        ["\"id\":1,\"remark\":\"a\"", "\"id\":2,\"remark\":\"y\""],
    ] {
        let shop = Shop::new()?;
        shop.declare("orders", "", NOTE)?;
        shop.land("orders", 1, &["\"id\":1,\"note\":\"a\"", "\"id\":2,\"note\":\"b\""])?;
        shop.land("orders", 2, &rows)?;
        shop.replay().await?;
        let found: Vec<_> = shop.inbox(false).await?.into_iter().map(|view| (view.column, view.proposal)).collect();
        let decisions: Vec<_> =
            found.iter().filter_map(|(column, of)| Some((column.as_str(), of.as_ref()?.decision))).collect();
        ensure!(
            decisions == [("note", SourceDecision::Remove), ("remark", SourceDecision::Add)],
            "two changes, no rename: {found:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_dropped_and_added_again_brings_no_old_value_back() -> Result<()> {
    let shop = Shop::new()?;
    shop.declare("orders", "", NOTE)?;
    shop.land("orders", 1, &["\"id\":1,\"note\":\"old\"", "\"id\":2,\"note\":\"old\"", "\"id\":4,\"note\":\"old\""])?;
    shop.land("orders", 2, &["\"id\":1"])?;
    shop.replay().await?;
    let (view, proposal) = one(shop.inbox(false).await?)?;
    ensure!((view.change, proposal.decision) == (SourceChange::MissingColumn, SourceDecision::Remove), "{view:?}");
    shop.land("orders", 3, &["\"id\":3,\"note\":\"new\"", "\"id\":1,\"note\":null"])?;
    shop.replay().await?;
    let (view, proposal) = one(shop.inbox(false).await?)?;
    ensure!((view.change, proposal.decision) == (SourceChange::NameAgain, SourceDecision::AddedAgain), "{view:?}");
    ensure!((view.file.as_str(), view.record) == ("landing/orders/3.json", Some(RecordNumber::of_row(0))), "{view:?}");

    shop.decide_as_proposed().await?;
    shop.replay().await?;
    ensure!(shop.texts("orders", &["id", "note"]).await? == ["1 ∅", "2 ∅", "3 new", "4 ∅"]);
    shop.ensure_a_rebuild_is_equal("orders").await?;
    // An event from before the drop that comes late has the old meaning of the name.
    shop.lake.write(
        "landing/orders/4.json",
        "{\"op\":\"u\",\"after\":{\"id\":2,\"note\":\"late\"},\"source\":{\"lsn\":1500}}\n",
    )?;
    shop.replay().await?;
    ensure!(shop.texts("orders", &["id", "note"]).await? == ["1 ∅", "2 ∅", "3 new", "4 ∅"]);
    shop.ensure_a_rebuild_is_equal("orders").await?;
    ensure!(shop.inbox(false).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_former_name_that_another_column_gets_is_a_column_of_its_own() -> Result<()> {
    let shop = renamed().await?;
    shop.decide_as_proposed().await?;
    shop.replay().await?;
    shop.land(
        "orders",
        3,
        &["\"id\":4,\"remark\":\"d\",\"note\":\"first\"", "\"id\":1,\"remark\":\"a\",\"note\":\"x\""],
    )?;
    shop.replay().await?;
    let (view, proposal) = one(shop.inbox(false).await?)?;
    ensure!((view.change, proposal.decision) == (SourceChange::NameAgain, SourceDecision::Add), "{view:?}");
    shop.decide_as_proposed().await?;
    shop.replay().await?;
    let rows = shop.texts("orders", &["id", "remark", "note"]).await?;
    ensure!(rows == ["1 a x", "2 b ∅", "3 c ∅", "4 d first"], "{rows:?}");
    shop.ensure_a_rebuild_is_equal("orders").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_column_waits_for_its_review_and_is_filled_for_older_rows() -> Result<()> {
    let shop = Shop::new()?;
    shop.declare("orders", ", evolution: add_new_columns, review: 7d", NOTE)?;
    shop.land("orders", 1, &["\"id\":1,\"note\":\"a\",\"mail\":\"anna@post.example\"", "\"id\":2,\"note\":\"b\""])?;
    shop.replay().await?;
    let (view, proposal) = one(shop.inbox(false).await?)?;
    let SourceChangeState::Open { due_ms: Some(due_ms), .. } = view.state else { panic!("{view:?}") };
    ensure!(due_ms == view.seen_ms + 7 * 86_400_000 && proposal.pii, "{view:?}");
    ensure!(view.masked && view.examples == ["a•••@post.example"], "{view:?}");
    ensure!(!shop.rows("orders").await?.columns.contains(&"mail".to_owned()), "it waits");
    shop.ensure_a_rebuild_is_equal("orders").await?;

    // The batch was a week ago.
    let note = shop.lake.folder().join("_sluice/source_changes/shop/orders/00000000000000000001.json");
    let text = std::fs::read_to_string(&note)?;
    let earlier = view.seen_ms - 8 * 86_400_000;
    std::fs::write(&note, text.replace(&view.seen_ms.to_string(), &earlier.to_string()))?;
    shop.replay().await?;
    ensure!(shop.texts("orders", &["id", "mail"]).await? == ["1 anna@post.example", "2 ∅"]);
    ensure!(shop.inbox(false).await?.is_empty());
    shop.ensure_a_rebuild_is_equal("orders").await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ignored_column_is_no_change_any_more() -> Result<()> {
    let shop = Shop::new()?;
    shop.declare("orders", ", evolution: add_new_columns", NOTE)?;
    shop.declare("carts", "", NOTE)?;
    for table in ["orders", "carts"] {
        shop.land(table, 1, &["\"id\":1,\"note\":\"a\",\"etl_tag\":\"7\""])?;
    }
    shop.replay().await?;
    ensure!(shop.texts("orders", &["id", "etl_tag"]).await? == ["1 7"], "the contract adds columns");
    let (view, _) = one(shop.inbox(false).await?)?;
    ensure!(view.table.table == "carts", "{view:?}");
    shop.decide(&[view], Some(SourceDecision::Ignore)).await?;
    shop.declare("orders", ", evolution: add_new_columns, ignored: [ETL_TAG]", NOTE)?;
    shop.land("carts", 2, &["\"id\":2,\"note\":\"b\",\"etl_tag\":\"8\""])?;
    shop.replay().await?;
    ensure!(shop.inbox(false).await?.is_empty());
    for table in ["orders", "carts"] {
        ensure!(!shop.rows(table).await?.columns.contains(&"etl_tag".to_owned()), "{table}");
        shop.ensure_a_rebuild_is_equal(table).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ignored_is_nowhere_in_silver_and_comes_back_whole() -> Result<()> {
    let shop = Shop::new()?;
    for (table, mode) in [("added", ", evolution: add_new_columns"), ("left", ""), ("rescued", ", evolution: rescue")] {
        shop.declare(table, &format!("{mode}, ignored: [Etl_Tag], drop: [SSN]"), NOTE)?;
        shop.land(table, 1, &["\"id\":1,\"note\":\"a\",\"etl_tag\":\"7\",\"ssn\":\"1\""])?;
    }
    shop.replay().await?;
    for table in ["added", "left", "rescued"] {
        let rows = shop.rows(table).await?;
        ensure!(!format!("{rows:?}").contains("tag"), "{rows:?}");
    }
    ensure!(shop.inbox(true).await?.is_empty(), "it is no news");
    // The column is wanted after all: declared, or taken by the mode.
    shop.declare("added", ", evolution: add_new_columns, drop: [ssn]", NOTE)?;
    for table in ["left", "rescued"] {
        let mode = if table == "left" { "" } else { ", evolution: rescue" };
        shop.declare(table, mode, &format!("{NOTE}- {{name: etl_tag, type: string}}\n"))?;
    }
    shop.replay().await?;
    for table in ["added", "left", "rescued"] {
        let rows = shop.texts(table, &["id", "etl_tag"]).await?;
        ensure!(rows == ["1 7"], "{table}: {rows:?}");
        shop.ensure_a_rebuild_is_equal(table).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_lake_decides_what_nobody_decides() -> Result<()> {
    let shop = Shop::new()?;
    let policy = |word: &str, after: &str| {
        shop.lake.write("sluice.yaml", format!("schema: {{new_columns: {word}, review: {after}}}\n"))
    };
    policy("add", "7d")?;
    for (table, mode) in [("orders", ""), ("carts", ", evolution: none"), ("moved", "")] {
        shop.declare(table, mode, NOTE)?;
        shop.land(table, 1, &["\"id\":1,\"note\":\"a\"", "\"id\":2,\"note\":\"b\""])?;
    }
    shop.replay_by_command()?;
    for table in ["orders", "carts"] {
        shop.land(table, 2, &["\"id\":1,\"note\":\"a\",\"qty\":7"])?;
    }
    // One comes and one goes: it may be a rename, which time does not decide.
    shop.land("moved", 2, &["\"id\":1,\"remark\":\"z\"", "\"id\":2,\"remark\":\"y\""])?;
    shop.replay_by_command()?;
    let due = |inbox: &[SourceChangeView]| -> Vec<(String, bool, Option<SourceDecision>)> {
        let of = |view: &SourceChangeView| match &view.state {
            SourceChangeState::Open { due_ms, then } => Some((view.address(), due_ms.is_some(), *then)),
            _ => None,
        };
        let mut due: Vec<_> = inbox.iter().filter_map(of).collect();
        due.sort();
        due
    };
    let inbox = shop.inbox(false).await?;
    let wanted = [
        ("shop.carts.qty".to_owned(), false, None),
        ("shop.moved.note".to_owned(), false, None),
        ("shop.moved.remark".to_owned(), false, None),
        ("shop.orders.qty".to_owned(), true, Some(SourceDecision::Add)),
    ];
    ensure!(due(&inbox) == wanted, "{inbox:?}");
    shop.replay_by_command()?;
    ensure!(shop.inbox(false).await?.len() == 4, "its week is not over");
    ensure!(!shop.rows("orders").await?.columns.contains(&"qty".to_owned()));
    policy("add", "0s")?;
    shop.replay_by_command()?;
    ensure!(shop.texts("orders", &["id", "qty"]).await? == ["1 7", "2 ∅"]);
    let text = std::fs::read_to_string(shop.lake.folder().join("contracts/shop/orders.yaml"))?;
    ensure!(text.contains("{name: qty, type: bigint}") && text.contains("# what the customer wrote"), "{text}");
    ensure!(shop.inbox(false).await?.len() == 3, "the others say so, or may be renamed");
    shop.ensure_a_rebuild_is_equal("orders").await?;
    let all = Sluice::on_folder(shop.lake.folder()).ok(&["schema", "ls", "--all"])?;
    ensure!(all.contains("add by sluice.yaml (add after 0 s)"), "{all}");
    // Another word is another policy; what was decided stays.
    policy("ignore", "0s")?;
    shop.land("orders", 3, &["\"id\":1,\"note\":\"a\",\"qty\":8,\"etl_tag\":1"])?;
    shop.replay_by_command()?;
    shop.replay_by_command()?;
    ensure!(shop.inbox(false).await?.len() == 3);
    let text = std::fs::read_to_string(shop.lake.folder().join("contracts/shop/orders.yaml"))?;
    ensure!(text.contains("ignored: [etl_tag]"), "{text}");
    ensure!(shop.texts("orders", &["id", "qty"]).await? == ["1 8", "2 ∅"]);
    // A policy that cannot be read is named by whoever asks, and stops no table.
    shop.lake.write("sluice.yaml", "schema: {new_columns: maybe, review: 1d}\n")?;
    shop.land("orders", 4, &["\"id\":1,\"note\":\"a\",\"qty\":9"])?;
    shop.replay_by_command()?;
    ensure!(shop.texts("orders", &["id", "qty"]).await? == ["1 9", "2 ∅"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_do_not_fit_get_a_type_that_holds_them() -> Result<()> {
    let shop = Shop::new()?;
    shop.declare("orders", "", "- {name: total, type: int}\n- {name: day, type: date}\n")?;
    shop.land(
        "orders",
        1,
        &[
            "\"id\":1,\"total\":5,\"day\":1",
            "\"id\":2,\"total\":5000000000,\"day\":1",
            "\"id\":3,\"total\":1,\"day\":\"soon\"",
        ],
    )?;
    shop.replay().await?;
    let inbox = shop.inbox(false).await?;
    let found: Vec<_> = inbox
        .iter()
        .filter_map(|view| {
            let of = view.proposal.as_ref()?;
            Some((
                view.column.as_str(),
                view.change,
                view.record.map(RecordNumber::row),
                of.decision,
                of.data_type.as_deref(),
            ))
        })
        .collect();
    let misfit = SourceChange::Misfit;
    ensure!(
        found
            == [
                ("day", misfit, Some(2), SourceDecision::Ignore, None),
                ("total", misfit, Some(1), SourceDecision::Widen, Some("bigint")),
            ],
        "{inbox:?}"
    );
    shop.decide_as_proposed().await?;
    shop.replay().await?;
    ensure!(shop.texts("orders", &["id", "total"]).await? == ["1 5", "2 5000000000"]);
    ensure!(shop.inbox(false).await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_tables_are_decided_in_one_step_and_nothing_before_it() -> Result<()> {
    let shop = Shop::new()?;
    let kind = |table: usize| table % 5;
    for table in 0..40 {
        let name = format!("t{table}");
        shop.declare(&name, "", "- {name: note, type: string}\n- {name: n, type: int}\n")?;
        shop.land(&name, 1, &["\"id\":1,\"note\":\"a\",\"n\":1", "\"id\":2,\"note\":\"b\",\"n\":2"])?;
        let later = match kind(table) {
            0 => ["\"id\":1,\"remark\":\"a\",\"n\":1", "\"id\":2,\"remark\":\"b\",\"n\":2"],
            1 => ["\"id\":1,\"n\":1", "\"id\":2,\"n\":2"],
            2 => [
                "\"id\":1,\"note\":\"a\",\"n\":1,\"etl_tag\":\"x\"",
                "\"id\":2,\"note\":\"b\",\"n\":2,\"etl_tag\":\"y\"",
            ],
            3 => ["\"id\":1,\"note\":\"a\",\"n\":5000000000", "\"id\":2,\"note\":\"b\",\"n\":2"],
            _ => ["\"id\":1,\"note\":\"a\",\"n\":1", "\"id\":2,\"note\":\"b\",\"n\":2"],
        };
        shop.land(&name, 2, &later)?;
    }
    shop.replay().await?;
    let inbox = shop.inbox(false).await?;
    ensure!(inbox.len() == 32, "{}", inbox.len());
    let renames =
        inbox.iter().filter(|of| of.proposal.as_ref().is_some_and(|of| of.decision == SourceDecision::Rename));
    ensure!(renames.count() == 8, "{inbox:?}");
    for table in 0..40 {
        let columns = shop.rows(&format!("t{table}")).await?.columns;
        ensure!(columns[..3] == ["id", "note", "n"].map(str::to_owned), "nothing applies itself: {columns:?}");
    }
    shop.decide_as_proposed().await?;
    shop.replay().await?;
    ensure!(shop.inbox(false).await?.is_empty());
    for table in [0, 1, 2, 3, 4] {
        let (columns, wanted): (&[&str], [&str; 2]) = match kind(table) {
            0 => (&["id", "remark", "n"], ["1 a 1", "2 b 2"]),
            1 => (&["id", "note", "n"], ["1 ∅ 1", "2 ∅ 2"]),
            2 => (&["id", "note", "n", "etl_tag"], ["1 a 1 x", "2 b 2 y"]),
            3 => (&["id", "note", "n"], ["1 a 5000000000", "2 b 2"]),
            _ => (&["id", "note", "n"], ["1 a 1", "2 b 2"]),
        };
        let rows = shop.texts(&format!("t{table}"), columns).await?;
        ensure!(rows == wanted, "t{table}: {rows:?}");
    }
    Ok(())
}

/// What the source of a table does in its second delivery, and in its third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// `note` is `remark` from then on.
    Renamed,
    /// `note` is dropped, and a column of its name is added.
    NameAgain,
    /// `qty` comes.
    NewColumn,
    /// `note` is dropped.
    Gone,
    /// `n` has a value that `int` does not hold.
    Wider,
    /// The same columns.
    Same,
}

impl Shape {
    /// Of many tables 40 have changes, 6 of them renames and 2 names that come back; of few each kind is there.
    fn of(table: u64, tables: u64) -> Self {
        match if tables < 44 { table * 44 / tables } else { table } {
            0..6 => Self::Renamed,
            6..8 => Self::NameAgain,
            8..19 => Self::NewColumn,
            19..30 => Self::Gone,
            30..40 => Self::Wider,
            _ => Self::Same,
        }
    }

    fn later(self) -> [&'static str; 2] {
        match self {
            Self::Renamed => ["\"id\":1,\"remark\":\"a\",\"n\":1", "\"id\":2,\"remark\":\"b\",\"n\":2"],
            Self::NameAgain | Self::Gone => ["\"id\":1,\"n\":1", "\"id\":2,\"n\":2"],
            Self::NewColumn => {
                ["\"id\":1,\"note\":\"a\",\"n\":1,\"qty\":5", "\"id\":2,\"note\":\"b\",\"n\":2,\"qty\":6"]
            }
            Self::Wider => ["\"id\":1,\"note\":\"a\",\"n\":5000000000", "\"id\":2,\"note\":\"b\",\"n\":2"],
            Self::Same => ["\"id\":1,\"note\":\"a\",\"n\":1", "\"id\":2,\"note\":\"b\",\"n\":2"],
        }
    }

    fn decision(self) -> Option<SourceDecision> {
        Some(match self {
            Self::Renamed => SourceDecision::Rename,
            Self::NameAgain => SourceDecision::AddedAgain,
            Self::NewColumn => SourceDecision::Add,
            Self::Gone => SourceDecision::Remove,
            Self::Wider => SourceDecision::Widen,
            Self::Same => return None,
        })
    }

    /// Columns and rows once all is decided.
    fn rows(self) -> (&'static [&'static str], [&'static str; 2]) {
        match self {
            Self::Renamed => (&["id", "remark", "n"], ["1 a 1", "2 b 2"]),
            Self::NameAgain => (&["id", "note", "n"], ["1 other 1", "2 ∅ 2"]),
            Self::NewColumn => (&["id", "note", "n", "qty"], ["1 a 1 5", "2 b 2 6"]),
            Self::Gone => (&["id", "note", "n"], ["1 ∅ 1", "2 ∅ 2"]),
            Self::Wider => (&["id", "note", "n"], ["1 a 5000000000", "2 b 2"]),
            Self::Same => (&["id", "note", "n"], ["1 a 1", "2 b 2"]),
        }
    }
}

/// 300 tables in the night.
#[tokio::test(flavor = "multi_thread")]
async fn many_tables_change_shape_and_no_proposal_applies_itself() -> Result<()> {
    let tables = amount("SLUICE_SHAPE_TABLES", 12);
    let shop = Shop::new()?;
    let first = ["\"id\":1,\"note\":\"a\",\"n\":1", "\"id\":2,\"note\":\"b\",\"n\":2"];
    for table in 0..tables {
        let name = format!("t{table}");
        shop.declare(&name, "", "- {name: note, type: string}\n- {name: n, type: int}\n")?;
        shop.land(&name, 1, &first)?;
        shop.land(&name, 2, &Shape::of(table, tables).later())?;
        if Shape::of(table, tables) == Shape::NameAgain {
            shop.land(&name, 3, &["\"id\":1,\"note\":\"other\",\"n\":1"])?;
        }
    }
    shop.replay().await?;
    let inbox = shop.inbox(false).await?;
    for table in 0..tables {
        let of: Vec<_> = inbox.iter().filter(|view| view.table.table == format!("t{table}")).collect();
        let proposed = of.iter().map(|view| view.proposal.as_ref().map(|proposal| proposal.decision));
        let wanted: Vec<_> = Shape::of(table, tables).decision().map(Some).into_iter().collect();
        ensure!(proposed.eq(wanted), "t{table} {:?}: {of:?}", Shape::of(table, tables));
        let columns = shop.rows(&format!("t{table}")).await?.columns;
        ensure!(columns[..3] == ["id", "note", "n"].map(str::to_owned), "t{table}: {columns:?}");
        ensure!(columns.len() == 5, "nothing applies itself: {columns:?}");
    }
    let changed = (0..tables).filter(|table| Shape::of(*table, tables) != Shape::Same).count();
    ensure!(inbox.len() == changed, "{} of {changed}", inbox.len());
    shop.decide_as_proposed().await?;
    shop.replay().await?;
    ensure!(shop.inbox(false).await?.is_empty());
    let read = async |shop: &Shop| -> Result<()> {
        for table in 0..tables {
            let (columns, wanted) = Shape::of(table, tables).rows();
            let rows = shop.texts(&format!("t{table}"), columns).await?;
            ensure!(rows == wanted, "t{table} {:?}: {rows:?}", Shape::of(table, tables));
        }
        Ok(())
    };
    read(&shop).await?;
    shop.lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    read(&shop).await?;
    counted("tables whose source may change shape", usize::try_from(tables)?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_of_the_source_says_what_was_renamed() -> Result<()> {
    let shop = Shop::new()?;
    shop.declare("orders", "", NOTE)?;
    shop.land("orders", 1, &["\"id\":1,\"note\":\"a\""])?;
    let statement = "{\"source\":{\"lsn\":1500},\"databaseName\":\"shop\",\
                     \"ddl\":\"ALTER TABLE orders RENAME COLUMN note TO remark\",\"tableChanges\":[]}\n";
    let row = "{\"op\":\"u\",\"after\":{\"id\":2,\"remark\":\"z\"},\"source\":{\"lsn\":2001}}\n";
    shop.lake.write("landing/orders/2.json", format!("{statement}{row}"))?;
    shop.replay().await?;
    let (_, proposal) = one(shop.inbox(false).await?)?;
    ensure!(proposal.evidence == ["a statement of the source renames note to remark"], "{proposal:?}");
    ensure!((proposal.decision, proposal.from.as_deref()) == (SourceDecision::Rename, Some("note")), "{proposal:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_lists_and_decides() -> Result<()> {
    let shop = renamed().await?;
    let sluice = Sluice::on_folder(shop.lake.folder()).env("SLUICE_AUTHOR", "jonas");
    let listed = sluice.ok(&["schema", "ls"])?;
    for words in ["shop.orders.remark  a new column, 2 records", "proposed: rename: it is note", "1 change waits"] {
        ensure!(listed.contains(words), "{listed}");
    }
    let wrong = sluice.call(&["schema", "decide", "remark", "--as", "widen"])?;
    ensure!(wrong.code == 8 && wrong.out.contains("Use add, ignore or rename"), "{wrong:?}");
    let decided = sluice.ok(&["schema", "decide", "shop.*.remark", "--as", "rename", "--from", "note"])?;
    ensure!(decided.contains("renamed from note"), "{decided}");
    let again = sluice.call(&["schema", "decide", "remark", "--as", "proposed"])?;
    ensure!(again.code != 0 && again.err.contains("No open change"), "{again:?}");
    let listed = sluice.ok(&["schema", "ls", "--all"])?;
    ensure!(listed.contains("rename by jonas"), "{listed}");
    Ok(())
}
