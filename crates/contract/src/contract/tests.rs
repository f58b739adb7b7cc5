//! Reading contracts.

use super::{Contract, Schedule};
use crate::{Check, ColumnSet, ColumnType, KeyChange, MinValue, MissingBase, Scd, Severity, SourceFormat, TiePolicy};

const SEED: &str = r#"dataset: "orders_global"
owner: "checkout_team@company.com"
sla: "4 hours"
quality:
- check: "row_count > 0"
- check: "null_percentage(user_id) < 0.01"
schema:
- name: "order_id"
  type: "string"
  primary_key: true
- name: "user_id"
  type: "string"
- name: "amount"
  type: "decimal(10,2)"
  pii: false
  constraints: ["min_value(0)"]
"#;

#[test]
fn the_seed_format_is_accepted() {
    let contract = Contract::parse(SEED, "orders_global.yaml").unwrap();
    assert_eq!(contract.name.to_string(), "default.orders_global");
    assert_eq!(contract.apply.key, ["order_id"]);
    assert_eq!(contract.sla_seconds, Some(14_400));
    assert_eq!(contract.columns[2].data_type, ColumnType::Decimal { precision: 10, scale: 2 });
    assert_eq!(contract.checks.len(), 3);
    assert_eq!(contract.checks[2].check, Check::MinValue(MinValue { column: "amount".into(), limit: "0".into() }));
    assert!(contract.source.is_none());
}

#[test]
fn the_extended_format_is_accepted() {
    let text = r#"dataset: "shop.orders"
version: 2
size_class: small
schedule: "every 15m"
source:
  path: "landing/topics/shop.public.orders/"
  format: debezium_json
apply:
  key: [id]
  sequence: [source.lsn, transaction.total_order]
  delete_when: "op = 'd'"
  scd: 1
  quarantine_limit: 0.1
quality:
- check: "unique(id)"
  severity: warn
schema:
- {name: id, type: bigint}
- {name: remark, type: string, renamed_from: note}
- {name: eco, type: "decimal(5,2)", default: 7.50, required: true}
- {name: gift, type: boolean, removed: true}
"#;
    let contract = Contract::parse(text, "orders.yaml").unwrap();
    assert_eq!(contract.source.as_ref().unwrap().format, SourceFormat::DebeziumJson);
    assert_eq!(contract.schedule, Schedule::EverySeconds(900));
    assert_eq!(contract.checks[0].severity, Severity::Warn);
    assert_eq!(contract.columns[1].renamed_from, ["note"]);
    assert_eq!(contract.columns[2].default.as_deref(), Some("7.50"));
    assert!(contract.columns[3].removed && contract.columns[0].required);
}

#[test]
fn every_problem_has_line_column_and_fix() {
    let text = "dataset: \"shop.orders\"\nsla: soon\nquality:\n- check: \"nul(x)\"\nschema:\n- name: id\n  type: \"decimal(12,?)\"\n  primary_key: true\n- name: id\n  type: money\n";
    let problems = Contract::parse(text, "orders.yaml").unwrap_err();
    let places: Vec<(u32, u32)> = problems.iter().map(|p| (p.line, p.column)).collect();
    assert_eq!(places, [(2, 6), (4, 10), (7, 9), (9, 9), (10, 9)]);
    assert!(problems.iter().all(|p| p.file == "orders.yaml" && !p.fix.is_empty()));
    assert_eq!(problems[2].to_string(), "orders.yaml:7:9: Scale is missing. Write decimal(12,2)");
}

#[test]
fn broken_yaml_and_unknown_entries_are_placed() {
    let problems = Contract::parse("dataset: a\nschemas: []\n", "a.yaml").unwrap_err();
    assert_eq!(problems[0].line, 2);
    assert!(problems[0].message.contains("schemas"), "{}", problems[0].message);
    let problems = Contract::parse("dataset: [\n", "a.yaml").unwrap_err();
    assert!(problems[0].line >= 1);
}

#[test]
fn a_table_without_key_is_refused() {
    let problems = Contract::parse("dataset: a\nschema:\n- {name: x, type: int}\n", "a.yaml").unwrap_err();
    assert_eq!(problems[0].message, "The table has no key");
}

#[test]
fn the_text_of_decimals_is_said_not_guessed() {
    let text = "dataset: a.b\nsource: {path: x/, format: debezium_json, decimals: text}\nschema:\n- {name: id, type: int, primary_key: true}\n";
    let contract = Contract::parse(text, "b.yaml").unwrap();
    assert_eq!(contract.source.unwrap().decimals, crate::DecimalText::Text);
    let problems = Contract::parse(&text.replace("text", "float"), "b.yaml").unwrap_err();
    assert_eq!((problems.len(), problems[0].line), (1, 2));
}

const RULES: &str =
    "dataset: a.b\napply: {RULES}\nschema:\n- {name: id, type: int, primary_key: true}\n- {name: x, type: string}\n";

fn with_rules(rules: &str) -> Result<Contract, Vec<crate::Problem>> {
    Contract::parse(&RULES.replace("RULES", rules), "b.yaml")
}

#[test]
fn the_apply_rules_are_read() {
    let apply =
        with_rules("scd: 2, track_history: [x], tie_policy: last_in_file, truncate_when: \"op = 'x'\"").unwrap().apply;
    assert_eq!((apply.scd, apply.tie_policy), (Scd::Type2, TiePolicy::LastInFile));
    assert_eq!(apply.track_history, ColumnSet::Only(vec!["x".to_owned()]));
    assert_eq!(apply.truncate_when.unwrap().to_string(), "op = 'x'");
    assert_eq!(with_rules("scd: append").unwrap().row_key(), ["id", "_seq"]);
    assert_eq!(with_rules("scd: 2").unwrap().row_key(), ["id", "__START_AT"]);
    let ignoring = with_rules("null_updates: ignore").unwrap().apply;
    assert!(ignoring.ignores_null("x") && !ignoring.ignores_null("id"));
    let soft = with_rules("delete_mode: soft").unwrap();
    let names: Vec<&str> = soft.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["id", "x", "_deleted", "_deleted_seq"]);
}

#[test]
fn apply_rules_that_cannot_hold_are_refused_at_their_place() {
    for (rules, message) in [
        ("scd: 3", "`3` is not a valid scd"),
        ("track_history: [x]", "Only a table with history has versions"),
        ("scd: 2, track_history: [y]", "Column `y` is not in the schema"),
        ("scd: 2, track_history: [x], track_history_except: [x]", "Both a list and its exceptions are written"),
        ("tie_policy: random", "`random` is not a valid tie_policy"),
        ("null_updates: drop", "`drop` is not a valid null_updates"),
        ("null_updates_columns: [x]", "This list needs null_updates: ignore; by default a null overwrites"),
        (
            "null_updates: ignore, update_columns: changed",
            "update_columns already marks provided columns, so null_updates: ignore contradicts it",
        ),
        ("delete_mode: gone", "`gone` is not a valid delete_mode"),
        ("scd: 2, delete_mode: soft", "A table with history closes the version of a deleted key"),
        ("scd: append, truncate_when: \"op = 't'\"", "A truncate takes nothing out of an append-only table"),
        ("truncate_when: never", "`never` is not a truncate condition"),
    ] {
        let problems = with_rules(rules).unwrap_err();
        assert_eq!(problems.len(), 1, "{rules}: {problems:?}");
        assert_eq!(problems[0].message, message);
        assert!(problems[0].line == 2 && problems[0].column > 1 && !problems[0].fix.is_empty(), "{rules}");
    }
}

#[test]
fn tables_from_snapshots_are_read_and_excludes_are_placed() {
    let text = |apply: &str, format: &str| {
        format!(
            "dataset: a.b\nsource: {{path: l/, format: {format}}}\napply: {{{apply}}}\nschema:\n- {{name: id, type: int, primary_key: true}}\n"
        )
    };
    let rule = "from_snapshot: {files: \"{date}/*\", complete_when: _SUCCESS}";
    let contract = Contract::parse(&text(rule, "parquet"), "b.yaml").unwrap();
    let found = contract.apply.from_snapshot.as_ref().unwrap();
    assert_eq!(found.complete_when.as_deref(), Some("_SUCCESS"));
    assert!((found.max_deleted_share - 0.5).abs() < f64::EPSILON && contract.sequence().is_empty());
    assert_eq!(contract.source.as_ref().unwrap().format, SourceFormat::DmsParquet);
    assert!(Contract::parse(&text("", "parquet"), "b.yaml").is_err(), "changes have an operation");
    for (apply, format, says) in [
        (format!("{rule}, sequence: [at]"), "csv", "position of a snapshot"),
        (format!("{rule}, scd: append"), "csv", "append-only"),
        (format!("{rule}, tie_policy: first"), "csv", "duplicate keys are resolved by content hash"),
        (format!("{rule}, null_updates: ignore"), "csv", "every column"),
        (rule.to_owned(), "debezium_json", "without an operation"),
        ("from_snapshot: {files: \"*.csv\"}".to_owned(), "csv", "0 placeholders"),
        ("from_snapshot: {files: \"{date}/*\", max_deleted_share: 50}".to_owned(), "csv", "from 0 to 1"),
        ("from_snapshot: {files: \"{date}/*\", complete_when: a/b}".to_owned(), "csv", "name of a marker file"),
    ] {
        let problems = Contract::parse(&text(&apply, format), "b.yaml").unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains(says)), "{apply}: {problems:?}");
    }
}

#[test]
fn rules_about_what_is_elsewhere_are_read_and_excludes_are_placed() {
    let text = |apply: &str| {
        format!("dataset: a.b\napply: {{{apply}}}\nschema:\n- {{name: id, type: int, primary_key: true}}\n")
    };
    let contract = Contract::parse(&text(""), "b.yaml").unwrap();
    assert_eq!(contract.apply.key_change, KeyChange::Split);
    assert_eq!(contract.apply.missing_base, MissingBase::InsertPartial);
    assert_eq!(contract.apply.tombstone_retention, None);
    let rules = "key_change: error, on_missing_base: hold, tombstone_retention: 30d";
    let contract = Contract::parse(&text(rules), "b.yaml").unwrap();
    assert_eq!(contract.apply.key_change, KeyChange::Error);
    assert_eq!(contract.apply.missing_base, MissingBase::Hold);
    assert_eq!(contract.apply.tombstone_retention, Some(2_592_000));
    for (apply, says) in [
        ("key_change: drop", "`drop` is not a valid key_change"),
        ("on_missing_base: quarantine", "depends on earlier batches"),
        ("on_missing_base: drop", "`drop` is not a valid on_missing_base"),
        ("on_missing_base: hold, null_updates: ignore", "a missing base"),
        ("on_missing_base: hold, scd: append", "every event as delivered"),
        ("tombstone_retention: soon", "is not a valid tombstone_retention"),
        ("tombstone_retention: 0d", "is not a valid tombstone_retention"),
        ("tombstone_retention: 1d, scd: 2", "latest rows"),
        ("tombstone_retention: 1d, delete_mode: soft", "latest rows"),
    ] {
        let problems = Contract::parse(&text(apply), "b.yaml").unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains(says)), "{apply}: {problems:?}");
    }
}

#[test]
fn backfills_are_read_and_do_not_overlap() {
    let text = |backfills: &str| {
        format!(
            "dataset: a.b\nsource:\n  path: landing/b/\n  format: debezium_json\n  backfill: [{backfills}]\nschema:\n- {{name: id, type: int, primary_key: true}}\n"
        )
    };
    let contract = Contract::parse(&text("{name: old, path: landing/old, format: csv}"), "b.yaml").unwrap();
    let backfill = contract.backfill_of("landing/old/a.csv").unwrap();
    assert_eq!((backfill.name.as_str(), backfill.format), ("old", SourceFormat::DmsCsv));
    assert!(
        contract.backfill_of("landing/older/a.csv").is_none() && contract.backfill_of("landing/b/a.json").is_none()
    );
    let for_backfill = contract.for_backfill(backfill);
    assert_eq!(for_backfill.source.unwrap().path, "landing/old");
    for (backfills, says) in [
        ("{name: old, path: landing/b/old, format: csv}", "overlap"),
        ("{name: old, path: landing, format: csv}", "overlap"),
        ("{name: old, path: l/1, format: csv}, {name: new, path: l/1/x, format: csv}", "overlap"),
        ("{name: old, path: l/1, format: csv}, {name: old, path: l/2, format: csv}", "Two backfills"),
        ("{name: 'a b', path: l/1, format: csv}", "not a valid name"),
        ("{name: old, path: ../x, format: csv}", "leaves its folder"),
        ("{name: old, path: l/1, format: xml}", "format"),
        ("{name: old, path: l/1, format: csv, read_rank: above}", "rank"),
    ] {
        let problems = Contract::parse(&text(backfills), "b.yaml").unwrap_err();
        assert!(problems.iter().any(|problem| problem.message.contains(says)), "{backfills}: {problems:?}");
    }
}

#[test]
fn what_a_yaml_reader_says_to_a_programmer_is_in_our_words() {
    let text = "dataset: shop.orders\nsource: {path: landing, format: debezium_json}\nschema:\n\
                - {name: id, type: int, primary_key: true}\n";
    for (wrong, says) in [
        (format!("{text}dataset: shop.carts\n"), "`dataset` is there twice"),
        (format!("{text}---\n{text}"), "more than one document"),
        (text.replace("name: id", "name: null"), "this is null"),
        (format!("{text}apply: {{key: [id, id]}}\n"), "`id` is there twice"),
        (text.replace("path: landing", "path: _sluice/batches"), "its own files"),
        (text.replace("path: landing", "path: ./_sluice"), "its own files"),
    ] {
        let problems = Contract::parse(&wrong, "orders.yaml").unwrap_err();
        let said = problems[0].to_string();
        assert!(said.contains(says), "{says} is not in: {said}");
        assert!(!["Option", "from_str", "Policy"].iter().any(|word| said.contains(word)), "{said}");
        assert!(problems[0].line > 0 && !problems[0].fix.is_empty(), "{said}");
    }
}

#[test]
fn only_what_a_record_decides_puts_records_into_quarantine() {
    let text = |check: &str, on_fail: &str, apply: &str| {
        format!(
            "dataset: shop.orders\napply: {{{apply}}}\nquality:\n- {{check: \"{check}\", on_fail: {on_fail}}}\nschema:\n\
             - {{name: id, type: int, primary_key: true}}\n- {{name: n, type: int}}\n- {{name: t, type: timestamp}}\n"
        )
    };
    let contract = Contract::parse(&text("not_null(n)", "quarantine", ""), "orders.yaml").unwrap();
    assert!(contract.checks[0].quarantines);
    for (check, on_fail, apply, says) in [
        ("unique(n)", "quarantine", "", "more than one row"),
        ("row_count > 0", "quarantine", "", "more than one row"),
        ("null_percentage(n) < 0.5", "quarantine", "", "more than one row"),
        ("foreign_key(n, shop.customers.id)", "quarantine", "", "more than one row"),
        ("not_null(n)", "quarantine", "null_updates: ignore", "merged row only"),
        ("not_null(_deleted)", "quarantine", "delete_mode: soft", "no record has it"),
        ("accepted_values(t, '2025')", "quarantine", "", "several for one value"),
        ("not_null(n)", "skip", "", "`skip`"),
    ] {
        let problems = Contract::parse(&text(check, on_fail, apply), "orders.yaml").unwrap_err();
        let found = problems.iter().any(|problem| problem.message.contains(says) && problem.line == 4);
        assert!(found, "{check}: {problems:?}");
    }
    // What null_updates leaves as it is passes, whatever the row has.
    assert!(Contract::parse(&text("min_value(n, 1)", "quarantine", "null_updates: ignore"), "orders.yaml").is_ok());
}
