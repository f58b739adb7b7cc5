//! Reads `schema.from_folder`, and finds what makes no sense beside it.

use super::Reader;
use crate::document::{ApplyDocument, ColumnDocument, Document};
use crate::{Column, ColumnType, SourceFormat};

impl Reader<'_> {
    /// The key of the folders that a column is taken from.
    pub(super) fn column_folder(&mut self, written: &ColumnDocument, data_type: &ColumnType) -> Option<String> {
        let place = written.from_folder.as_ref()?;
        let key = place.value.trim();
        if key.is_empty() || key.contains(['=', '/']) {
            let message = format!("`{key}` is not the key of a folder");
            self.problem(place, message, "Write what stands before the = alone: from_folder: region for region=eu/");
            return None;
        }
        if data_type.is_nested() || matches!(data_type, ColumnType::Array(_)) {
            let message = format!("A folder has one text, and `{}` is {data_type}", written.name.value);
            self.problem(&written.data_type, message, "Write a type of one value, for example string, int or date");
        }
        let elsewhere = written.path.is_some() || written.from.is_some() || written.source_name;
        if elsewhere || written.renamed_from.is_some() || written.since.is_some() {
            let name = &written.name.value;
            let message = format!("`{name}` has the value of a folder, and another entry says where else it is");
            self.problem(place, message, "Remove path, from, source_name, renamed_from and since, or from_folder");
        }
        Some(key.to_owned())
    }

    /// Folders in the order of changes, whose place in the log of their source no folder says.
    pub(super) fn order_by_folders(&mut self, apply: &ApplyDocument, format: SourceFormat, columns: &[Column]) {
        for part in &apply.sequence {
            let of_folder = |column: &&Column| column.name == part.value && column.from_folder.is_some();
            if columns.iter().any(|column| of_folder(&column)) {
                let message = format!(
                    "`{}` is taken from folders, and events of `{format}` are ordered by their records",
                    part.value
                );
                self.problem(part, message, "Remove it from sequence, or name a column of the records");
            }
        }
    }

    /// Entries that read a member of the record, which a folder is not.
    pub(super) fn beside_folders(&mut self, document: &Document, columns: &[Column]) {
        let nothing = ApplyDocument::default();
        let apply = document.apply.as_ref().unwrap_or(&nothing);
        let folder = |name: &str| columns.iter().find(|column| column.name == name)?.from_folder.as_deref();
        for condition in apply.delete_when.iter().chain(&apply.truncate_when) {
            let about = condition.value.split('=').next().unwrap_or_default().trim();
            if folder(about).is_some() {
                let message = format!("`{about}` is taken from folders, and the condition is about the records");
                self.problem(
                    condition,
                    message,
                    "Name a column of the records; what rows the table has, apply.keep says",
                );
            }
        }
        let version = apply.from_snapshot.as_ref().and_then(|rule| rule.value.column.as_ref());
        if let Some((name, key)) = version.and_then(|name| Some((name, folder(&name.value)?))) {
            let message = format!("`{}` is taken from folders, and the version is read from the records", name.value);
            self.problem(name, message, format!("Write from_snapshot: {{files: \"{key}={{date}}/*\"}}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Contract;

    const SALES: &str = "dataset: shop.sales\nsource: {path: in/sales/, format: csv}\n\
        apply: {key: [region, id], sequence: [updated_at]}\nschema:\n- {name: region, type: string, from_folder: region}\n\
        - {name: id, type: bigint}\n- {name: updated_at, type: timestamp}\n";

    #[test]
    fn a_column_of_a_folder_may_be_part_of_the_key() {
        let contract = Contract::parse(SALES, "sales.yaml").unwrap();
        assert_eq!(contract.columns[0].from_folder.as_deref(), Some("region"));
        assert!(contract.columns[0].is_of_file() && contract.apply.is_key("region"));
    }

    #[test]
    fn what_a_folder_cannot_say_is_refused() {
        let of_folder = "type: string, from_folder: region";
        for (from, to, says) in [
            (of_folder, "type: string, from_folder: \"region=\"", "before the = alone"),
            (of_folder, "type: string, from_folder: \"\"", "is not the key of a folder"),
            (of_folder, "type: array<string>, from_folder: region", "one text"),
            (of_folder, "type: string, from_folder: region, from: upper(region)", "Remove path, from"),
            (of_folder, "type: string, from_folder: region, renamed_from: area", "Remove path, from"),
            ("sequence: [updated_at]", "sequence: [region]", "cannot order rows"),
            (
                "format: csv}\napply: {key: [region, id], sequence: [updated_at]",
                "format: maxwell_json}\napply: {key: [region, id], sequence: [region]",
                "ordered by their records",
            ),
            ("sequence: [updated_at]", "sequence: [updated_at], delete_when: \"region = 'x'\"", "about the records"),
            ("sequence: [updated_at]", "from_snapshot: {column: region}", "region={date}/*"),
        ] {
            let text = SALES.replace(from, to);
            assert_ne!(text, SALES, "{from}");
            let problems = Contract::parse(&text, "sales.yaml").expect_err(&text);
            let all: String = problems.iter().map(|problem| format!("{} {}\n", problem.message, problem.fix)).collect();
            assert!(all.contains(says), "{to}: {all}");
        }
    }
}
