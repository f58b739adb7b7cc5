//! A contract that entries can be written into.

use sluice_contract::{Contract, Problem};
use std::collections::BTreeMap;
use std::fmt;

type Lines = BTreeMap<String, String>;

/// A contract as sections of lines, values in YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    sections: BTreeMap<String, Lines>,
    columns: Vec<(String, Lines)>,
}

impl Draft {
    /// The table that the examples of the entries are about.
    pub(super) fn base() -> Self {
        let mut base = Self { sections: BTreeMap::new(), columns: Vec::new() };
        for (section, line) in [
            ("", "dataset: \"shop.orders\""),
            ("source", "path: landing/orders/"),
            ("source", "format: debezium_json"),
            ("apply", "quarantine_limit: 1.0"),
        ] {
            base.set(section, line);
        }
        for (name, data_type) in
            [("id", "bigint"), ("status", "string"), ("amount", "\"decimal(10,2)\""), ("note", "string")]
        {
            base.add_column(name, data_type, false);
        }
        base.set("schema", "id.primary_key: true");
        base
    }

    /// Adds a column, as the last or the first.
    pub(super) fn add_column(&mut self, name: &str, data_type: &str, first: bool) {
        let column = (name.to_owned(), Lines::from([("type".to_owned(), data_type.to_owned())]));
        self.columns.insert(if first { 0 } else { self.columns.len() }, column);
    }

    /// Writes `section.name: value`, or `schema.column.name: value`.
    pub(super) fn set_path(&mut self, line: &str) {
        if let Some(of_column) = line.strip_prefix("schema.") {
            return self.set("schema", of_column);
        }
        let (path, value) = line.split_once(": ").unwrap();
        let (section, name) = path.rsplit_once('.').unwrap();
        self.set(section, &format!("{name}: {value}"));
    }

    /// Writes `name: value` into a section.
    pub(super) fn set(&mut self, section: &str, line: &str) {
        let (name, value) = line.split_once(": ").unwrap();
        match (section, name) {
            ("schema", name) => {
                let (column, entry) = name.split_once('.').unwrap();
                let (_, lines) = self.columns.iter_mut().find(|(name, _)| name == column).unwrap();
                lines.insert(entry.to_owned(), value.to_owned());
            }
            ("apply", "from_snapshot") => {
                let inside = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap();
                self.set("apply.from_snapshot", inside);
            }
            (section, name) => {
                let lines = self.sections.entry(section.to_owned()).or_default();
                lines.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The contract.
    pub(super) fn parse(&self) -> Result<Contract, Vec<Problem>> {
        Contract::parse(&self.to_string(), "orders.yaml")
    }

    fn section(&self, name: &str) -> Option<String> {
        let lines = self.sections.get(name)?;
        Some(braces(lines.iter().map(|(name, value)| format!("{name}: {value}"))))
    }
}

fn braces(lines: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", lines.collect::<Vec<_>>().join(", "))
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.sections.get("").into_iter().flatten() {
            writeln!(f, "{name}: {value}")?;
        }
        writeln!(f, "source: {}", self.section("source").unwrap_or_default())?;
        let mut apply = self.sections.get("apply").cloned().unwrap_or_default();
        apply.extend(self.section("apply.from_snapshot").map(|rule| ("from_snapshot".to_owned(), rule)));
        writeln!(f, "apply: {}", braces(apply.iter().map(|(name, value)| format!("{name}: {value}"))))?;
        if let Some(guards) = self.section("guards") {
            writeln!(f, "guards: {guards}")?;
        }
        if let Some(check) = self.section("quality") {
            writeln!(f, "quality: [{check}]")?;
        }
        writeln!(f, "schema:")?;
        for (name, lines) in &self.columns {
            let entries = lines.iter().map(|(name, value)| format!("{name}: {value}"));
            writeln!(f, "- {}", braces(std::iter::once(format!("name: {name}")).chain(entries)))?;
        }
        Ok(())
    }
}
