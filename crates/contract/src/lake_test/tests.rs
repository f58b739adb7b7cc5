use super::{Given, LakeTest, TestContract};

const PATH: &str = "tests/shop/orders/one.yaml";

fn problem(text: &str) -> (u32, String, String) {
    let problem = LakeTest::parse(text, PATH).unwrap_err().remove(0);
    assert_eq!(problem.file, PATH);
    assert!(!problem.fix.is_empty(), "{problem}");
    (problem.line, problem.message, problem.fix)
}

#[test]
fn a_value_keeps_its_digits_and_null_is_no_text() {
    let text = "batches:\n- text: \"x\\n\"\n  expect:\n    silver:\n    - {id: 007, total: 1.50, note: null, name: \"null\", gone: ~}\n";
    let test = LakeTest::parse(text, PATH).unwrap();
    let row = &test.batches[0].expect.silver.as_ref().unwrap().rows[0];
    let cell = |name: &str| row.cells[name].as_deref();
    assert_eq!((cell("id"), cell("total"), cell("note")), (Some("007"), Some("1.50"), None));
    assert_eq!((cell("name"), cell("gone")), (Some("null"), None));
    assert_eq!(row.line, 5);
}

#[test]
fn files_records_and_contracts_are_read() {
    let text = "now: 2026-11-30T08:00:00Z\nbatches:\n- files:\n  - {file: a.json, records: \"{}\\n\\n[]\\n\"}\n  - {table: shop.customers, source: crm, text: x}\n  expect: {stopped: held, counters: {rows_in: 2}}\n- contract: draft\n- contract: |\n    dataset: shop.orders\n";
    let test = LakeTest::parse(text, PATH).unwrap();
    let files = &test.batches[0].files;
    assert_eq!(files[0].given, Given::Records(vec!["{}".to_owned(), "[]".to_owned()]));
    assert_eq!(files[1].table.as_ref().unwrap().to_string(), "shop.customers");
    assert_eq!(test.batches[1].contract, Some(TestContract::Draft));
    assert!(matches!(&test.batches[2].contract, Some(TestContract::Text { line: 9, .. })));
    assert_eq!(test.now_ms, 1_796_025_600_000);
}

#[test]
fn what_is_malformed_names_line_key_and_next_step() {
    let cases: [(&str, u32, &str); 15] = [
        ("batches: []\n", 1, "batches is empty"),
        ("batches:\n- text: x\n  expects: {silver: []}\n", 3, "unknown field `expects`"),
        ("about: x\n", 1, "missing field `batches`"),
        ("batches:\n- text: x\n  expect: {}\n", 3, "expect is empty"),
        ("batches:\n- text: x\n", 2, "can never fail"),
        ("batches:\n- text: x\n  records: y\n  expect: {silver: []}\n", 2, "written twice"),
        ("batches:\n- base64: UEsD!\n  expect: {silver: []}\n", 2, "base64 of the file is none"),
        ("batches:\n- text: x\n  expect: {changes: [], changes_has: [{id: 1}]}\n", 3, "both there"),
        ("batches:\n- file: a.json\n  expect: {silver: []}\n", 2, "no content"),
        ("batches:\n- events:\n  - {id: 1}\n  expect: {silver: []}\n", 3, "does not say what it does"),
        ("batches:\n- events:\n  - {op: upsert, id: 1}\n  expect: {silver: []}\n", 3, "no word"),
        ("batches:\n- text: x\n  expect:\n    checks: {\"row_count > 0\": good}\n", 4, "`good`"),
        ("batches:\n- text: x\n  expect:\n    silver_has: []\n", 4, "can never fail"),
        (
            "batches:\n- text: x\n  expect:\n    checks: {\"row_count > 0\": passed}\n    all_checks: {}\n",
            5,
            "checks and all_checks",
        ),
        ("now: soon\nbatches:\n- text: x\n  expect: {silver: []}\n", 1, "`soon`"),
    ];
    for (text, line, words) in cases {
        let (found, message, _) = problem(text);
        assert!(message.contains(words), "{text}: {message}");
        assert_eq!(found, line, "{text}: {message}");
    }
}

#[test]
fn a_test_lies_in_the_folder_of_its_table() {
    for path in ["tests/one.yaml", "tests/shop/one.yaml", "tests/a/b/c/one.yaml", "tests/a b/c/one.yaml"] {
        let problems = LakeTest::parse("batches:\n- text: x\n", path).unwrap_err();
        assert!(problems[0].message.contains("tests no table"), "{}", problems[0]);
    }
}
