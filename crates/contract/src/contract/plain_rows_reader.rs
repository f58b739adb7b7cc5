//! What a contract needs where the records carry no operation.

use super::Reader;
use crate::document::{ApplyDocument, Document, SourceDocument};
use crate::{Column, ColumnType, SourceFormat, TiePolicy};

/// Words that stand for the operation of a record in `delete_when` and `truncate_when`.
const OPERATION_WORD: &str = "op";

impl Reader<'_> {
    /// Finds what a table of plain rows lacks: a watermark, which orders the rows of a key. A full
    /// snapshot (`from_snapshot`) needs none, its version orders the rows.
    pub(super) fn plain_rows(
        &mut self,
        document: &Document,
        source: &SourceDocument,
        format: SourceFormat,
        columns: &[Column],
    ) {
        let nothing = ApplyDocument::default();
        let apply = document.apply.as_ref().unwrap_or(&nothing);
        if let Some(policy) = apply.tie_policy.as_ref().filter(|policy| policy.value == TiePolicy::ByFile.as_str())
            && !format.orders_by_file()
        {
            let message = format!("Records of `{format}` have their order from the source, not from their files");
            self.problem(policy, message, "Write another tie_policy, or remove the entry");
        }
        if format.carries_operations() {
            self.order_by_folders(apply, format, columns);
        }
        if format.carries_operations() || apply.from_snapshot.is_some() {
            return;
        }
        // Events that are only appended have no newer and older ones: their place in the files is enough.
        let appends = apply.scd.as_ref().is_some_and(|scd| scd.value.0 == "append");
        if apply.sequence.is_empty() && !appends {
            let message =
                format!("Rows of `{format}` carry no operation, and nothing says which row of a key is newer");
            let fix = "Add apply.sequence: [column] with the column that says when a row changed, \
                       apply.from_snapshot if every delivery has all rows, or apply.scd: append if every row is an event";
            self.problem(&source.format, message, fix);
        }
        for part in &apply.sequence {
            match columns.iter().find(|column| column.name == part.value) {
                None => {
                    let message = format!("Watermark column `{}` is not in the schema", part.value);
                    self.problem(part, message, "Correct the name or add the column");
                }
                Some(column) if !is_ordered(&column.data_type) && !column.is_source_name => {
                    let message = format!("`{}` is {}, which cannot order rows", column.name, column.data_type);
                    self.problem(part, message, "Name a column of type timestamp, timestamp_ntz, date or an integer");
                }
                Some(_) => {}
            }
        }
        for condition in apply.delete_when.iter().chain(&apply.truncate_when) {
            let about = condition.value.split('=').next().unwrap_or_default().trim();
            if about == OPERATION_WORD && !columns.iter().any(|column| column.name == about) {
                let message = format!("Rows of `{format}` carry no operation, so this is never true");
                self.problem(condition, message, "Name a column of the rows, for example deleted = 'true'");
            }
        }
    }
}

/// Whether values of the type are places in an order: whole numbers and times.
fn is_ordered(data_type: &ColumnType) -> bool {
    match data_type {
        ColumnType::SmallInt
        | ColumnType::Int
        | ColumnType::BigInt
        | ColumnType::Decimal { scale: 0, .. }
        | ColumnType::Date
        | ColumnType::Timestamp
        | ColumnType::TimestampNtz => true,
        ColumnType::Boolean
        | ColumnType::Float
        | ColumnType::Double
        | ColumnType::Decimal { .. }
        | ColumnType::Numeric
        | ColumnType::String
        | ColumnType::Binary
        | ColumnType::Time
        | ColumnType::Uuid
        | ColumnType::Json
        | ColumnType::Array(_)
        | ColumnType::Struct(_)
        | ColumnType::Map(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Contract, SourceFormat};

    fn contract(format: &str, apply: &str) -> Result<Contract, Vec<crate::Problem>> {
        let text = format!(
            "dataset: a.b\nsource: {{path: l/, format: {format}}}\napply: {{{apply}}}\nschema:\n\
             - {{name: id, type: int, primary_key: true}}\n- {{name: updated_at, type: timestamp}}\n\
             - {{name: day, type: date}}\n- {{name: revision, type: bigint}}\n- {{name: note, type: string}}\n"
        );
        Contract::parse(&text, "b.yaml")
    }

    #[test]
    fn rows_are_ordered_by_a_declared_column() {
        for sequence in ["updated_at", "day", "revision", "updated_at, revision"] {
            let contract =
                contract("parquet", &format!("sequence: [{sequence}], delete_when: \"note = 'gone'\"")).unwrap();
            assert_eq!(contract.source.as_ref().unwrap().format, SourceFormat::Parquet);
            assert_eq!(contract.sequence().join(", "), sequence);
        }
        assert_eq!(contract("csv", "sequence: [day]").unwrap().source.unwrap().format, SourceFormat::Csv);
        for format in SourceFormat::ALL.iter().filter(|format| !format.carries_operations()) {
            for apply in ["sequence: [day]", "scd: append", "from_snapshot: {files: '{date}/*'}"] {
                assert!(contract(format.as_str(), apply).is_ok(), "{format} {apply}");
            }
        }
    }

    #[test]
    fn what_is_missing_is_named_with_its_fix() {
        for (apply, says, fix) in [
            ("", "nothing says which row of a key is newer", "from_snapshot"),
            ("sequence: [changed]", "`changed` is not in the schema", "add the column"),
            ("sequence: [note]", "`note` is string", "timestamp"),
            ("sequence: [day], delete_when: \"op = 'd'\"", "never true", "column of the rows"),
        ] {
            let problems = contract("parquet", apply).unwrap_err();
            assert_eq!(problems.len(), 1, "{apply}: {problems:?}");
            assert!(problems[0].message.contains(says) && problems[0].fix.contains(fix), "{apply}: {problems:?}");
        }
        // A column of that name is a column.
        let text = "dataset: a.b\nsource: {path: l/, format: csv}\napply: {sequence: [at], delete_when: \"op = 'd'\"}\n\
                    schema:\n- {name: id, type: int, primary_key: true}\n- {name: at, type: date}\n- {name: op, type: string}\n";
        assert!(Contract::parse(text, "b.yaml").is_ok());
    }
}
