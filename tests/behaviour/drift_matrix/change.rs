//! The twenty changes: what the contract declares, and the rows of before and after.

use super::cell::Format;
use super::value::{Image, Value};
use Value::{Decimal, Double, Float, Int, Null, Text};

/// A change of a source table's schema.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) name: &'static str,
    /// Columns that the contract declares: name and type with its flags. The first is the key.
    pub(crate) declared: Vec<(&'static str, &'static str)>,
    /// Values besides the key of a row of before and after.
    old: Vec<(&'static str, Value)>,
    new: Vec<(&'static str, Value)>,
    /// Type that the column `v` gets where it becomes wider, as Arrow prints it.
    pub(crate) wider: Option<&'static str>,
}

/// Key of the row that both an old and a new event are about.
pub(crate) const UPDATED: i64 = 2;

impl Change {
    fn new(
        name: &'static str,
        types: &[&'static str],
        old: &[(&'static str, Value)],
        new: &[(&'static str, Value)],
    ) -> Self {
        let names = ["v", "w"];
        let mut declared = vec![("id", "bigint, primary_key: true")];
        declared.extend(names.into_iter().zip(types.iter().copied()));
        Self { name, declared, old: old.to_vec(), new: new.to_vec(), wider: None }
    }

    fn wider(mut self, data_type: &'static str) -> Self {
        self.wider = Some(data_type);
        self
    }

    /// A row of before.
    pub(crate) fn old(&self, id: i64) -> Image {
        std::iter::once(("id", Int(id))).chain(self.old.iter().copied()).collect()
    }

    /// A row of after.
    pub(crate) fn new_row(&self, id: i64) -> Image {
        match self.name {
            "key_change" => self.new.clone(),
            // Dropped for one row, there again for the next.
            "drop_then_readd_other_type" if id == UPDATED => vec![("id", Int(id))],
            _ => std::iter::once(("id", Int(id))).chain(self.new.iter().copied()).collect(),
        }
    }

    /// Rows of after that do not fit, where not all do.
    pub(crate) fn fits(&self, format: Format, id: i64) -> bool {
        self.name == "drop_then_readd_other_type" && id == UPDATED && format != Format::DmsCsv
    }
}

/// All of them, in the order of the file.
pub(crate) fn changes() -> Vec<Change> {
    let text = &["string"][..];
    let a = &[("v", Text("a"))][..];
    let big = 9_007_199_254_740_993;
    vec![
        Change::new("add_nullable", text, a, &[("v", Text("b")), ("note", Text("n"))]),
        Change::new("add_required_with_default", text, a, &[("v", Text("b")), ("note", Int(7))]),
        Change::new("add_required_without_default", text, a, &[("v", Text("b")), ("note", Text("x"))]),
        Change::new("drop", &["string", "string"], &[("v", Text("a")), ("w", Text("c"))], &[("v", Text("b"))]),
        Change::new("drop_then_readd_other_type", &["int"], &[("v", Int(1))], &[("v", Text("abc"))]),
        Change::new("rename", text, a, &[("v2", Text("b"))]),
        Change::new("rename_case_only", text, a, &[("V", Text("b"))]),
        Change::new("names_equal_ignoring_case", text, a, &[("v", Text("b")), ("V", Text("c"))]),
        Change::new("widen_int", &["int"], &[("v", Int(7))], &[("v", Int(big))]).wider("Int64"),
        Change::new("widen_float", &["float"], &[("v", Float(0.1))], &[("v", Double(0.123_456_789_012_3))])
            .wider("Float64"),
        Change::new(
            "widen_decimal_precision",
            &["'decimal(6,2)'"],
            &[("v", Decimal(123_456, 6, 2))],
            &[("v", Decimal(1_234_567_825, 10, 2))],
        )
        .wider("Decimal128(10, 2)"),
        Change::new(
            "change_decimal_scale",
            &["'decimal(6,2)'"],
            &[("v", Decimal(123_456, 6, 2))],
            &[("v", Decimal(12_345, 8, 4))],
        )
        .wider("Decimal128(8, 4)"),
        Change::new("narrow_int", &["bigint"], &[("v", Int(big))], &[("v", Int(5))]),
        Change::new("text_to_number", text, a, &[("v", Int(5))]),
        Change::new("number_to_text", &["int"], &[("v", Int(1))], &[("v", Text("abc"))]),
        Change::new("tighten_null", text, &[("v", Null)], &[("v", Text("b"))]),
        Change::new("loosen_null", &["string, required: true"], a, &[("v", Null)]),
        Change::new(
            "reorder",
            &["string", "int"],
            &[("v", Text("a")), ("w", Int(1))],
            &[("w", Int(7)), ("v", Text("b"))],
        ),
        Change::new("key_change", text, a, &[("code", Text("k")), ("v", Text("b"))]),
        Change::new(
            "timezone_change",
            &["timestamp_ntz"],
            &[("v", Text("2026-01-02T10:00:00"))],
            &[("v", Text("2026-01-02 10:00:00+02:00"))],
        ),
    ]
}
