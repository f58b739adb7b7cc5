//! Reads `schema.from` and `source.drop`, and finds what makes no sense beside them.

use super::Reader;
use crate::document::{ApplyDocument, ColumnDocument, Document, SourceDocument};
use crate::{Column, ColumnType, ColumnValue};

impl Reader<'_> {
    /// What the values of a column are made of.
    pub(super) fn column_value(&mut self, written: &ColumnDocument, data_type: &ColumnType) -> Option<ColumnValue> {
        let place = written.from.as_ref()?;
        let value: ColumnValue = self.read(place)?;
        if written.path.is_some() {
            let message = "Both from and path say where the values are";
            self.problem(place, message, "Keep from; it takes a path too: from: address.city");
        }
        if written.renamed_from.is_some() {
            let message = "Both from and renamed_from say which member the values are of";
            self.problem(place, message, "Keep one of them; renamed_from is for a name that the source changed");
        }
        if value.ends_in_hash() && *data_type != ColumnType::String {
            let message = format!("A keyed hash is text, and `{}` is {data_type}", written.name.value);
            self.problem(&written.data_type, message, "Write type: string");
        }
        Some(value)
    }

    /// Members that are left out of silver.
    pub(super) fn dropped(&mut self, source: &SourceDocument, columns: &[Column]) -> Vec<String> {
        for written in &source.drop {
            let is_column =
                |column: &&Column| column.from.is_none() && column.name.eq_ignore_ascii_case(&written.value);
            if let Some(column) = columns.iter().find(is_column) {
                let message = format!("`{}` is dropped and a column of the schema", column.name);
                self.problem(written, message, "Remove it from drop or from the schema");
            }
        }
        source.drop.iter().map(|written| written.value.clone()).collect()
    }

    /// Entries that compare or order values as delivered, which a column that is made of others does not have.
    pub(super) fn beside_expressions(&mut self, document: &Document, columns: &[Column]) {
        let nothing = ApplyDocument::default();
        let apply = document.apply.as_ref().unwrap_or(&nothing);
        let made = |name: &str| {
            let column = columns.iter().find(|column| column.name == name)?;
            column.from.as_ref().filter(|value| !value.steps().is_empty())
        };
        for part in &apply.sequence {
            if let Some(value) = made(&part.value) {
                let message = format!(
                    "`{}` is made of `{}`, and events are ordered by what the source sent",
                    part.value,
                    value.root()
                );
                let fix = format!("Name `{}`, or a column that is it as delivered", value.root());
                self.problem(part, message, fix);
            }
        }
        for condition in apply.delete_when.iter().chain(&apply.truncate_when) {
            let about = condition.value.split('=').next().unwrap_or_default().trim();
            if let Some(value) = made(about) {
                let message =
                    format!("`{about}` is made of `{}`, and the condition is about what the source sent", value.root());
                let fix = format!("Name `{}` and the text that it has in the records", value.root());
                self.problem(condition, message, fix);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Contract, Problem};

    fn contract(apply: &str, source: &str, column: &str) -> Result<Contract, Vec<Problem>> {
        let text = format!(
            "dataset: a.b\nsource: {{path: l/, format: debezium_json{source}}}\napply: {{{apply}}}\nschema:\n\
             - {{name: id, type: int, primary_key: true}}\n- {{name: email, {column}}}\n"
        );
        Contract::parse(&text, "b.yaml")
    }

    #[test]
    fn a_column_is_made_of_a_member() {
        let contract = contract("", ", drop: [ssn]", "type: string, from: \"keyed_hash(Mail, 'people')\"").unwrap();
        assert_eq!(contract.columns[1].from.as_ref().unwrap().root(), "Mail");
        assert!(contract.key_names().into_iter().eq(["people"]) && contract.drops("SSN") && !contract.drops("id"));
    }

    #[test]
    fn what_contradicts_it_is_a_problem() {
        for (apply, source, column, says) in [
            ("", "", "type: string, from: a, path: a.b", "Both from and path"),
            ("", "", "type: string, from: a, renamed_from: b", "Both from and renamed_from"),
            ("", "", "type: int, from: \"keyed_hash(a, 'k')\"", "A keyed hash is text"),
            ("", "", "type: string, from: \"trim(a, b)\"", "`)` is missing"),
            ("sequence: [email]", "", "type: string, from: \"trim(a)\"", "ordered by what the source sent"),
            ("delete_when: \"email = 'x'\"", "", "type: string, from: \"trim(a)\"", "about what the source sent"),
            ("", ", drop: [Email]", "type: string", "is dropped and a column"),
        ] {
            let problems = contract(apply, source, column).unwrap_err();
            assert!(problems.len() == 1 && problems[0].message.contains(says), "{column}: {problems:?}");
        }
        assert!(contract("sequence: [email]", "", "type: string, from: a").is_ok());
    }
}
