//! Reading and writing checks.

use super::registry::EXAMPLES;
use super::{AcceptedValues, Check, Compare, ForeignKey, MinValue, Parent, ParentLayer, RowCount};

fn parse(text: &str) -> Check {
    Check::parse(text, None).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"))
}

#[test]
fn expressions_of_the_seed_format_parse() {
    assert_eq!(parse("row_count > 0"), Check::RowCount(RowCount { compare: Compare::Greater, limit: 0.0 }));
    assert_eq!(parse("null_percentage(user_id) < 0.01").to_string(), "null_percentage(user_id) < 0.01");
    assert_eq!(
        Check::parse("min_value(0)", Some("amount")).unwrap(),
        Check::MinValue(MinValue { column: "amount".into(), limit: "0".into() })
    );
}

#[test]
fn every_example_reads_as_it_is_written() {
    for example in EXAMPLES {
        assert_eq!(parse(example).to_string(), *example);
    }
}

#[test]
fn quotes_brackets_and_commas_stay_inside_values() {
    let check = parse("accepted_values(status, 'a,b', 'it''s)', '')");
    let Check::AcceptedValues(AcceptedValues { values, .. }) = &check else { unreachable!() };
    assert_eq!(values, &["a,b", "it's)", ""]);
    assert_eq!(parse(&check.to_string()), check);
    let constraint = Check::parse("not_null", Some("a (b), c")).unwrap();
    assert_eq!(constraint.to_string(), "not_null('a (b), c')");
    assert_eq!(parse(&constraint.to_string()), constraint);
}

#[test]
fn a_foreign_key_names_table_and_columns() {
    let key = |columns: &[&str], layer, dataset: Option<&str>, table: &str, parent: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let parent =
            Parent { layer, dataset: dataset.map(str::to_owned), table: table.to_owned(), columns: owned(parent) };
        Check::ForeignKey(ForeignKey { columns: owned(columns), parent })
    };
    use ParentLayer::{Gold, Silver};
    for (text, expected) in [
        ("foreign_key(c, shop.customers.id)", key(&["c"], Silver, Some("shop"), "customers", &["id"])),
        ("foreign_key(c, customers.id)", key(&["c"], Silver, None, "customers", &["id"])),
        ("foreign_key(c, gold.shop.days.day)", key(&["c"], Gold, Some("shop"), "days", &["day"])),
        ("foreign_key((a, b), shop.t.(x, y))", key(&["a", "b"], Silver, Some("shop"), "t", &["x", "y"])),
        ("foreign_key('a, b', t.('x.y'))", key(&["a, b"], Silver, None, "t", &["x.y"])),
    ] {
        let read = parse(text);
        assert_eq!(read, expected, "{text}");
        assert_eq!(parse(&read.to_string()), read, "{read}");
    }
    assert_eq!(parse("foreign_key(c, silver.shop.t.id)").to_string(), "foreign_key(c, shop.t.id)");
    assert_eq!(Check::parse("foreign_key(t.id)", Some("c")).unwrap().to_string(), "foreign_key(c, t.id)");
    let child = "shop.orders".parse().unwrap();
    let parent = |text: &str| parse(text).parent().unwrap().name(&child).to_string();
    assert_eq!(parent("foreign_key(c, t.id)"), "shop.t");
    assert_eq!(parent("foreign_key(c, crm.t.id)"), "crm.t");
}

#[test]
fn mistakes_say_what_to_write() {
    for (text, message, fix) in [
        ("row_count", "needs a comparison", "Write for example row_count > 0"),
        ("nul_percentage(x) < 1", "is not a check", "Use one of row_count, null_percentage"),
        ("unique()", "wrong arguments", "unique(order_id, line_no)"),
        ("row_count > many", "`many`", "Write for example > 0.01"),
        ("row_count ~ 1", "is not a comparison", "Use <, <="),
        ("not_null(x", "closing bracket", "Correct"),
        ("not_null(x) > 1", "takes no comparison", "not_null(user_id)"),
        ("min_value(a)", "wrong arguments", "min_value(amount, 0)"),
        ("foreign_key(a)", "wrong arguments", "foreign_key(customer_id, shop.customers.id)"),
        ("foreign_key(a, id)", "wrong arguments", "foreign_key("),
        ("foreign_key((a, b), t.x)", "2 columns that point to 1", "foreign_key((a, b), shop.t.(x, y))"),
        ("foreign_key((), t.())", "0 columns", "foreign_key((a, b)"),
        ("foreign_key(a, bronze.shop.t.id)", "layer `bronze`", "silver or gold"),
        ("foreign_key(a, sh op.t.id)", "`sh op`", "foreign_key("),
        ("foreign_key(a, a.b.c.d.e)", "wrong arguments", "foreign_key("),
        ("foreign_key(a, t.id) < 0.1", "takes no comparison", "foreign_key("),
    ] {
        let mistake = Check::parse(text, None).unwrap_err();
        assert!(mistake.message.contains(message) && mistake.fix.contains(fix), "{text}: {mistake:?}");
    }
}

#[test]
fn a_limit_that_is_no_value_of_its_column_is_refused_when_the_contract_is_read() {
    let text = |check: &str| {
        format!(
            "dataset: shop.orders\nschema:\n  - {{name: id, type: bigint, primary_key: true}}\n  - {{name: day, type: \
             date}}\n  - {{name: at, type: timestamp}}\n  - {{name: note, type: string}}\nquality:\n  - check: {check}\n"
        )
    };
    for check in ["min_value(id, many)", "max_value(day, someday)", "min_value(day, 2025-13-01)", "max_value(at, soon)"]
    {
        let problems = crate::Contract::parse(&text(check), "orders.yaml").unwrap_err();
        assert_eq!((problems.len(), problems[0].line), (1, 8), "{check}: {problems:?}");
        assert!(problems[0].message.contains("cannot be evaluated"), "{problems:?}");
    }
    for check in [
        "min_value(id, -1.5)",
        "max_value(day, 2025-01-31)",
        "min_value(day, -infinity)",
        "max_value(at, '2025-01-31 12:00:00+02')",
        "max_value(note, zzz)",
    ] {
        crate::Contract::parse(&text(check), "orders.yaml").unwrap_or_else(|problems| panic!("{check}: {problems:?}"));
    }
}
