//! Several sources of one table, and the contract for the files of each.

use super::Contract;
use crate::{Backfill, Source};

impl Contract {
    /// All sources of the table: one, several, or none.
    #[must_use]
    pub fn all_sources(&self) -> &[Source] {
        if self.sources.is_empty() { self.source.as_slice() } else { &self.sources }
    }

    /// Whether the table has several sources, so that positions of two of them cannot be compared.
    #[must_use]
    pub fn has_several_sources(&self) -> bool {
        !self.sources.is_empty()
    }

    /// The contract for files of the source of that name; `None` if there is none of it.
    #[must_use]
    pub fn for_source(&self, name: &str) -> Option<Self> {
        let source = self.all_sources().iter().find(|source| source.name.as_deref() == Some(name))?;
        let of_source = |backfill: &&Backfill| backfill.source.as_deref() == Some(name);
        let backfills = self.backfills.iter().filter(of_source).cloned().collect();
        Some(Self { source: Some(source.clone()), backfills, ..self.clone() })
    }

    /// The name of the source whose files are read, where the table has several.
    #[must_use]
    pub fn source_name(&self) -> Option<&str> {
        self.source.as_ref().filter(|_| self.has_several_sources())?.name.as_deref()
    }

    /// The sources that the file at `path` is of, where the table has several: one, unless their folders overlap.
    pub fn sources_of<'c>(&'c self, path: &'c str) -> impl Iterator<Item = &'c Source> {
        self.sources.iter().filter(move |source| source.has(path))
    }

    /// The name of the source that the file at `path` is of, or a backfill of it, where the table has several.
    #[must_use]
    pub fn source_name_of<'c>(&'c self, path: &'c str) -> Option<&'c str> {
        match self.backfill_of(path) {
            Some(backfill) => backfill.source.as_deref().filter(|_| self.has_several_sources()),
            None => self.sources_of(path).next()?.name.as_deref(),
        }
    }

    /// The place of the source whose files are read among all, from 1, by which `apply.sequence` orders them.
    #[must_use]
    pub fn source_rank(&self) -> usize {
        let name = self.source_name();
        self.sources.iter().position(|source| source.name.as_deref() == name).map_or(1, |at| at + 1)
    }
}

#[cfg(test)]
mod tests {
    use crate::Contract;

    const REGIONS: &str = "dataset: shop.orders\nsources:\n- {name: eu, path: in/eu/, format: debezium_json}\n\
        - {name: us, path: in/us, format: dms_parquet, files: \"o_*\", backfill: [{name: old, path: old/us, format: csv}]}\n\
        schema:\n- {name: region, type: string, primary_key: true, source_name: true}\n\
        - {name: id, type: bigint, primary_key: true}\n";

    fn messages(text: &str) -> String {
        let problems = Contract::parse(text, "orders.yaml").expect_err(text);
        problems.iter().map(|problem| format!("{}: {} {}\n", problem.line, problem.message, problem.fix)).collect()
    }

    #[test]
    fn each_file_is_of_one_source() {
        let contract = Contract::parse(REGIONS, "orders.yaml").unwrap();
        assert_eq!(contract.source_name_of("in/eu/2026/1.json"), Some("eu"));
        assert_eq!(contract.source_name_of("in/us/o_1.parquet"), Some("us"));
        assert_eq!(contract.source_name_of("in/us/x_1.parquet"), None);
        assert_eq!(contract.source_name_of("in/euro/1.json"), None);
        assert_eq!(contract.source_name_of("old/us/1.csv"), Some("us"));
        let us = contract.for_source("us").unwrap();
        assert_eq!((us.source_name(), us.source_rank(), us.backfills.len()), (Some("us"), 2, 1));
        assert_eq!(contract.for_source("eu").unwrap().backfills.len(), 0);
        let backfill = contract.for_backfill(&contract.backfills[0]);
        let format = backfill.source.as_ref().map(|source| source.format.as_str());
        assert_eq!((backfill.source_name(), format), (Some("us"), Some("dms_csv")));
        assert!(contract.for_source("asia").is_none());
    }

    #[test]
    fn what_cannot_be_ordered_is_a_question() {
        let key = ", primary_key: true, source_name: true";
        for (from, to, says) in [
            (key, ", source_name: true", "in apply.key or in apply.sequence"),
            ("- {name: region, type: string, primary_key: true, source_name: true}\n", "", "source_name: true"),
            ("name: us", "name: eu", "Two sources are called"),
            ("name: us, ", "", "has no name"),
            ("in/us, ", "in/eu/us, ", "overlap"),
            ("type: string, primary_key: true, source", "type: int, primary_key: true, source", "is text"),
            ("format: dms_parquet", "format: dms_parquet, evolution: rescue", "of the table as a whole"),
            ("format: dms_parquet", "format: dms_parquet, restarts: {3: reload}", "one of several sources"),
            ("schema:", "apply: {truncate_when: \"id = '0'\"}\nschema:", "would empty the table"),
            ("schema:", "apply: {from_snapshot: {files: \"{version}.csv\"}}\nschema:", "all rows of the table"),
            ("schema:", "source: {path: a, format: csv}\nschema:", "both"),
        ] {
            let text = REGIONS.replace(from, to);
            assert_ne!(text, REGIONS, "{from}");
            let messages = messages(&text);
            assert!(messages.contains(says), "{from} -> {to}: {messages}");
        }
        let by = |sequence: &str| {
            REGIONS
                .replace(key, ", source_name: true")
                .replace("schema:", &format!("apply: {{sequence: {sequence}}}\nschema:"))
        };
        assert!(messages(&by("[source.lsn, region]")).contains("cannot be compared"));
        assert!(messages(&by("[id]")).contains("in apply.key or in apply.sequence"));
        let contract = Contract::parse(&by("[id, region]"), "orders.yaml").unwrap();
        assert!(contract.has_several_sources() && !contract.apply.key.contains(&"region".to_owned()));
        let one = REGIONS.split("- {name: us").next().unwrap().to_owned()
            + "schema:"
            + REGIONS.split("schema:").last().unwrap();
        assert!(messages(&one).contains("one source"));
    }

    #[test]
    fn one_source_may_have_a_name() {
        let text = "dataset: a.b\nsource: {name: eu, path: in, format: csv}\napply: {sequence: [id]}\nschema:\n\
                    - {name: id, type: int, primary_key: true}\n- {name: region, type: string, source_name: true}\n";
        let contract = Contract::parse(text, "b.yaml").unwrap();
        assert!(!contract.has_several_sources() && contract.columns[1].is_source_name);
        assert!(messages(&text.replace("name: eu, ", "")).contains("has no name"));
    }
}
