//! Foreign keys: orphans, nulls, parents that are not there, histories and types.

use super::fixture::{Lake, owned};
use crate::{CheckInput, ParentTable, ParentTables, TableFile, TableFiles, check_views, foreign_keys, parents_of};
use sluice_api::{CheckState, CheckView, TableRef};
use sluice_contract::{Contract, Measured, ParentVersion, Unit};

fn contract(checks: &[&str]) -> Contract {
    let checks: String = checks.iter().map(|check| format!("- check: \"{check}\"\n")).collect();
    let text = format!(
        "dataset: shop.orders\nquality:\n{checks}schema:\n- {{name: id, type: bigint, primary_key: true}}\n\
         - {{name: customer, type: int}}\n- {{name: country, type: string}}\n- {{name: replaces, type: bigint}}\n\
         - {{name: email, type: string}}\n"
    );
    Contract::parse(&text, "orders.yaml").unwrap_or_else(|problems| panic!("{problems:?}"))
}

const ORDERS: &str = "SELECT * FROM (VALUES
    (1::BIGINT, 10, 'de', NULL::BIGINT, 'a'), (2, 11, 'de', 1, 'a'), (3, 12, 'fr', 2, 'a'),
    (4, NULL, 'de', 9, 'a'), (5, 12, NULL, NULL, 'a')
  ) t(id, customer, country, replaces, email)";

fn version(table: &str, columns: &[(&str, &str)], files: Vec<TableFile>) -> (TableRef, ParentTable) {
    let table: TableRef = table.parse().unwrap();
    let files = TableFiles { table: table.clone(), columns: owned(columns), files };
    (table, ParentTable::Version { version: 7, files })
}

/// Customers 10 and 11 are there, 12 was deleted.
fn customers(lake: &Lake) -> (TableRef, ParentTable) {
    let columns = [("id", "bigint"), ("country", "string"), ("_deleted", "boolean")];
    let rows = "SELECT * FROM (VALUES (10::BIGINT, 'de', false), (11, 'fr', NULL::BOOLEAN), (12, 'fr', true))
        t(id, country, _deleted)";
    version("silver.shop.customers", &columns, vec![lake.file("customers.parquet", rows)])
}

fn run(lake: &Lake, checks: &[&str], parents: &ParentTables) -> Vec<CheckView> {
    let contract = contract(checks);
    let files = [lake.file("orders.parquet", ORDERS)];
    let records = lake.engine.check(&CheckInput { contract: &contract, files: &files, parents }).unwrap();
    check_views(&contract, &records)
}

#[test]
fn values_without_a_parent_fail_and_nulls_pass() {
    let lake = Lake::new();
    let parents = ParentTables::from([customers(&lake)]);
    let checks = [
        "foreign_key(customer, customers.id)",
        "foreign_key((customer, country), shop.customers.(id, country))",
        "foreign_key(country, customers.country)",
        "foreign_key(replaces, orders.id)",
    ];
    let outcomes = run(&lake, &checks, &parents);
    let seen: Vec<_> = outcomes.iter().map(|o| (o.outcome.evaluated, o.outcome.failed, o.observed.as_str())).collect();
    assert_eq!(
        seen[..4],
        [
            (Some(4), Some(2), "2 orphans, 50 %"),
            (Some(3), Some(2), "2 orphans, 66.6667 %"),
            (Some(4), Some(0), "no orphan"),
            (Some(3), Some(1), "1 orphan, 33.3333 %"),
        ]
    );
    assert_eq!(outcomes[0].outcome.measured, Some(Measured::Share { part: 2, whole: 4, unit: Unit::Rows }));
    assert_eq!((outcomes[0].state(), outcomes[2].state()), (CheckState::Failed, CheckState::Passed));
    let parent = ParentVersion { table: "silver.shop.customers".to_owned(), version: Some(7) };
    assert_eq!(outcomes[0].parent.as_ref(), Some(&parent));
    assert_eq!(outcomes[3].parent, None, "the own rows are those of the version that is checked");
    let contract = contract(&checks);
    let files = [lake.file("orders.parquet", ORDERS)];
    let input = CheckInput { contract: &contract, files: &files, parents: &parents };
    for (check, ids) in [(0, vec!["3", "5"]), (1, vec!["2", "3"]), (2, vec![]), (3, vec!["4"])] {
        let rows = lake.all(&lake.engine.failing_rows(&input, check, 10).unwrap());
        assert_eq!(rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ids, "check {check}");
    }
}

#[test]
fn without_a_parent_nothing_is_known() {
    let lake = Lake::new();
    let customers = customers(&lake);
    let gone = "silver.shop.countries does not exist yet".to_owned();
    let countries = ("silver.shop.countries".parse().unwrap(), ParentTable::Unavailable { reason: gone });
    let empty = version("gold.shop.mails", &[("mail", "string"), ("day", "date")], Vec::new());
    let parents = ParentTables::from([customers, countries, empty]);
    let checks = [
        "foreign_key(country, countries.code)",
        "foreign_key(customer, customers.number)",
        "foreign_key(email, customers.id)",
        "foreign_key(customer, crm.customers.id)",
        "foreign_key(email, gold.shop.mails.mail)",
        "foreign_key(customer, gold.shop.mails.day)",
    ];
    let outcomes = run(&lake, &checks, &parents);
    for (at, why) in [
        (0, "silver.shop.countries does not exist yet"),
        (1, "silver.shop.customers has no column `number`"),
        (2, "`email` has type string and `id` of silver.shop.customers has type bigint; their values are never equal"),
        (3, "silver.crm.customers was not read"),
        (5, "`customer` has type int and `day` of gold.shop.mails has type date; their values are never equal"),
    ] {
        assert_eq!(outcomes[at].state(), CheckState::NotEvaluated);
        assert_eq!(outcomes[at].outcome.reason(), Some(why));
        assert_eq!((outcomes[at].outcome.failed, outcomes[at].observed.as_str()), (None, ""), "unknown is not 0");
    }
    assert_eq!(outcomes[4].outcome.failed, Some(5), "a table without rows has no parents");
    assert_eq!(outcomes[0].parent.as_ref().map(|parent| parent.version), Some(None));
    let tables: Vec<String> = parents_of(&contract(&checks)).iter().map(ToString::to_string).collect();
    assert_eq!(tables, ["silver.crm.customers", "silver.shop.countries", "silver.shop.customers", "gold.shop.mails"]);
    let looks_elsewhere = foreign_keys(&contract(&["row_count > 0", checks[0], "foreign_key(replaces, orders.id)"]));
    assert_eq!(looks_elsewhere, [false, true, false, false, false]);
}

#[test]
fn only_versions_that_hold_now_are_parents() {
    let lake = Lake::new();
    let columns = [("id", "int"), ("__END_AT", "string")];
    let rows = "SELECT * FROM (VALUES (10, '5'), (10, NULL), (11, '7'), (12, NULL)) t(id, __END_AT)";
    let history = version("silver.shop.customers", &columns, vec![lake.file("history.parquet", rows)]);
    let outcomes = run(&lake, &["foreign_key(customer, customers.id)"], &ParentTables::from([history]));
    assert_eq!((outcomes[0].outcome.evaluated, outcomes[0].outcome.failed), (Some(4), Some(1)), "11 has ended");
}
