//! Time zones in SQL: they are there, and nothing but SQL that names one depends on them.

use super::fixture::{Lake, owned};
use crate::{CheckInput, ParentTables, TableFiles};
use sluice_contract::{Contract, Measured};

#[test]
fn a_zone_can_be_named() {
    let lake = Lake::new();
    let sql = "SELECT TIMESTAMPTZ '2024-01-01 00:00:00+02' AT TIME ZONE 'Europe/Berlin' AS berlin,
        TIMESTAMP '2024-07-01 12:00:00' AT TIME ZONE 'America/New_York' AS noon";
    assert_eq!(lake.rows(sql), [["2023-12-31T23:00:00", "2024-07-01T16:00:00"]]);
}

#[test]
fn every_connection_means_utc() {
    let lake = Lake::new();
    let settings = "SELECT current_setting('TimeZone')";
    for _ in 0..3 {
        assert_eq!(lake.rows(settings), [["UTC"]]);
    }
    let text = "SELECT TIMESTAMPTZ '2024-01-01 00:00:00+02' :: VARCHAR";
    assert_eq!(lake.rows(text), [["2023-12-31 22:00:00+00"]]);
    let refused = lake.engine.query(sluice_api::JobId(9), "SET TimeZone = 'Europe/Berlin'").unwrap_err();
    assert!(refused.message.contains("SET cannot run here"), "{refused}");
}

#[test]
fn instants_of_files_are_utc_in_views_and_checks() {
    let lake = Lake::new();
    let file = lake.file("t.parquet", "SELECT 1::BIGINT AS id, TIMESTAMPTZ '2024-01-01 01:30:00+02' AS seen");
    let columns = [("id", "bigint"), ("seen", "timestamp")];
    lake.table("silver.a.t", &columns, std::slice::from_ref(&file));
    assert_eq!(lake.rows("SELECT seen, seen::DATE::VARCHAR FROM silver.a.t"), [["2023-12-31T23:30:00", "2023-12-31"]]);
    let undeclared =
        TableFiles { table: "silver.a.u".parse().unwrap(), columns: owned(&[]), files: vec![file.clone()] };
    lake.engine.set_tables(&[undeclared]).unwrap();
    assert_eq!(lake.rows("SELECT seen FROM silver.a.u"), [["2023-12-31T23:30:00"]]);
    let text = "dataset: a.t\nquality:\n- check: \"min_value(seen, '2023-12-31 23:30:00')\"\nschema:\n\
        - {name: id, type: bigint, primary_key: true}\n- {name: seen, type: timestamp}\n";
    let contract = Contract::parse(text, "t.yaml").unwrap();
    let input = CheckInput { contract: &contract, files: &[file], parents: &ParentTables::new() };
    let outcome = lake.engine.check(&input).unwrap().remove(0).outcome;
    let value = Some("2023-12-31 23:30:00".to_owned());
    assert_eq!((outcome.failed, outcome.measured), (Some(0), Some(Measured::Extreme { value, beyond: 0 })));
}

#[test]
fn nothing_is_loaded_or_fetched() {
    let lake = Lake::new();
    let settings = "SELECT name, value FROM duckdb_settings() WHERE name IN
        ('enable_external_access', 'autoinstall_known_extensions', 'autoload_known_extensions',
         'allow_community_extensions', 'lock_configuration') ORDER BY name";
    let refused = lake.engine.query(sluice_api::JobId(9), settings).unwrap_err();
    assert!(refused.message.contains("`duckdb_settings` is not available"), "{refused}");
    for (setting, value) in [
        ("enable_external_access", "false"),
        ("autoinstall_known_extensions", "false"),
        ("autoload_known_extensions", "false"),
        ("allow_community_extensions", "false"),
        ("lock_configuration", "true"),
    ] {
        assert_eq!(lake.rows(&format!("SELECT current_setting('{setting}')::VARCHAR")), [[value]], "{setting}");
    }
    for sql in ["INSTALL spatial", "LOAD spatial", "SELECT ST_Point(1, 2)"] {
        assert!(lake.engine.query(sluice_api::JobId(9), sql).is_err(), "{sql}");
    }
}
