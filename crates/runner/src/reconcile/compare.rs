//! Which rows differ, and in which columns.

use super::rows::SourceRows;
use crate::RunError;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::row::{Row, RowConverter, Rows, SortField};
use sluice_api::NotCompared;
use sluice_contract::{ColumnType, Contract};
use sluice_engine::KeyEncoder;
use std::collections::HashMap;

/// A row that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Its number in the source; `None` if the source does not have it.
    pub(crate) source: Option<usize>,
    /// Its number in silver; `None` if silver does not have it.
    pub(crate) silver: Option<usize>,
    /// Positions in [`Comparison::columns`] of the columns that differ.
    pub(crate) columns: Vec<usize>,
}

/// Two sides compared.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Names of the columns that were compared, those of the key apart.
    pub(crate) columns: Vec<String>,
    /// Columns that were left out.
    pub(crate) not_compared: Vec<NotCompared>,
    /// In the order of the key.
    pub(crate) differences: Vec<Difference>,
}

/// A column on both sides.
struct Pair {
    name: String,
    /// Its position in the contract, as absent columns have it.
    position: u16,
    ignores_null: bool,
    /// Both sides as they are, of a column of JSON: two texts of one document may have other blanks.
    documents: Option<[ArrayRef; 2]>,
    source: Rows,
    silver: Rows,
    /// Its nulls, where a null of the source changes nothing.
    column: ArrayRef,
}

/// Compares rows by the key of the contract. Null equals null, NaN equals NaN.
///
/// # Errors
/// If a side has no key columns, or the source has a key twice.
pub(crate) fn compare(contract: &Contract, source: &SourceRows, silver: &RecordBatch) -> Result<Comparison, RunError> {
    let mut comparison = Comparison::default();
    let mut pairs: Vec<Pair> = Vec::new();
    for (position, column) in contract.columns.iter().enumerate() {
        if column.is_system() || contract.apply.is_key(&column.name) {
            continue;
        }
        let name = &column.name;
        let because = match (source.rows.column_by_name(name), silver.column_by_name(name)) {
            _ if column.removed => Some("the source dropped it".to_owned()),
            _ if column.is_source_name => Some("it is the name of the source".to_owned()),
            _ if source.left_out.contains_key(name) => source.left_out.get(name).cloned(),
            (None, _) => Some("the source does not have it".to_owned()),
            (_, None) => Some("silver does not have it yet".to_owned()),
            (Some(a), Some(b)) if a.data_type() != b.data_type() => Some("its type is not the same".to_owned()),
            (Some(a), Some(b)) => {
                let mut both = encode(a, b)?;
                let (silver, source) = (both.pop(), both.pop());
                if let (Some(source), Some(silver)) = (source, silver) {
                    let ignores_null = contract.apply.ignores_null(name);
                    let position = u16::try_from(position).unwrap_or(u16::MAX);
                    let is_json = column.data_type == ColumnType::Json;
                    let documents = is_json.then(|| [a.clone(), b.clone()]);
                    let (name, column) = (name.clone(), a.clone());
                    pairs.push(Pair { name, position, ignores_null, documents, source, silver, column });
                }
                None
            }
        };
        comparison.not_compared.extend(because.map(|because| NotCompared { column: name.clone(), because }));
    }
    comparison.differences = differences(contract, source, silver, &pairs)?;
    comparison.columns = pairs.into_iter().map(|pair| pair.name).collect();
    Ok(comparison)
}

impl Pair {
    fn is_same_document(&self, row: usize, at: usize) -> bool {
        let Some([source, silver]) = &self.documents else { return false };
        let text = |column: &ArrayRef, row: usize| {
            let column = column.as_string_opt::<i32>().filter(|column| column.is_valid(row))?;
            Some(without_blanks(column.value(row)))
        };
        text(source, row).is_some_and(|text_of| Some(text_of) == text(silver, at))
    }
}

/// A document without the blanks between its values.
fn without_blanks(json: &str) -> String {
    let (mut in_text, mut is_escaped) = (false, false);
    let keep = |letter: &char| {
        let keep = in_text || !letter.is_ascii_whitespace();
        match letter {
            '"' if !is_escaped => in_text = !in_text,
            _ => {}
        }
        is_escaped = in_text && *letter == '\\' && !is_escaped;
        keep
    };
    json.chars().filter(keep).collect()
}

fn encode(a: &ArrayRef, b: &ArrayRef) -> Result<Vec<Rows>, RunError> {
    let converter = RowConverter::new(vec![SortField::new(a.data_type().clone())])?;
    let convert = |array: &ArrayRef| converter.convert_columns(std::slice::from_ref(array));
    Ok(vec![convert(a)?, convert(b)?])
}

fn differences(
    contract: &Contract,
    source: &SourceRows,
    silver: &RecordBatch,
    pairs: &[Pair],
) -> Result<Vec<Difference>, RunError> {
    let encoder = KeyEncoder::new(contract)?;
    let (source_keys, silver_keys) = (encoder.encode(&source.rows)?, encoder.encode(silver)?);
    let of_silver: Vec<Row<'_>> = silver_keys.iter().collect();
    let mut places: HashMap<&[u8], usize> = HashMap::with_capacity(of_silver.len());
    for (row, key) in of_silver.iter().enumerate() {
        places.insert(key.as_ref(), row);
    }
    let of_source: Vec<Row<'_>> = source_keys.iter().collect();
    let mut seen: HashMap<&[u8], usize> = HashMap::with_capacity(of_source.len());
    let mut found: Vec<(&[u8], Difference)> = Vec::new();
    for (row, key) in of_source.iter().enumerate() {
        if let Some(first) = seen.insert(key.as_ref(), row) {
            let message = format!("Rows {} and {} of the source have the same key", first + 1, row + 1);
            return Err(RunError::input(message, "Compare with rows in which every key is there once"));
        }
        let Some(at) = places.remove(key.as_ref()) else {
            found.push((key.as_ref(), Difference { source: Some(row), silver: None, columns: Vec::new() }));
            continue;
        };
        let absent = u32::try_from(row).ok().and_then(|row| source.absent.get(&row));
        let is_same = |pair: &Pair| {
            pair.source.row(row) == pair.silver.row(at)
                || pair.is_same_document(row, at)
                || absent.is_some_and(|columns| columns.contains(&pair.position))
                || (pair.ignores_null && pair.column.is_null(row))
        };
        let columns: Vec<usize> = (0..).zip(pairs).filter(|(_, pair)| !is_same(pair)).map(|(at, _)| at).collect();
        if !columns.is_empty() {
            found.push((key.as_ref(), Difference { source: Some(row), silver: Some(at), columns }));
        }
    }
    found.extend(
        places.iter().map(|(key, at)| (*key, Difference { source: None, silver: Some(*at), columns: Vec::new() })),
    );
    found.sort_by(|a, b| a.0.cmp(b.0));
    Ok(found.into_iter().map(|(_, difference)| difference).collect())
}

#[cfg(test)]
mod tests {
    use super::{Difference, compare, without_blanks};
    use crate::reconcile::rows::SourceRows;
    use sluice_contract::Contract;

    fn contract() -> Contract {
        let text = "dataset: a.b\nsource: {path: l/, format: debezium_json}\nschema:\n\
            - {name: id, type: int, primary_key: true}\n- {name: name, type: string}\n- {name: share, type: double}\n";
        Contract::parse(text, "b.yaml").unwrap()
    }

    fn rows(of: &[(i32, Option<&str>, &str)]) -> SourceRows {
        let names = ["id", "name", "share"].map(str::to_owned);
        let text = |(id, name, share): &(i32, Option<&str>, &str)| {
            vec![Some(id.to_string()), name.map(str::to_owned), Some((*share).to_owned())]
        };
        SourceRows::of_texts(&contract(), &names, &of.iter().map(text).collect::<Vec<_>>(), "the source").unwrap()
    }

    #[test]
    fn rows_are_missing_surplus_or_different_by_column() {
        let source = rows(&[(3, Some("c"), "NaN"), (1, Some("a"), "1"), (2, None, "2"), (5, Some("e"), "5")]);
        let silver = rows(&[(1, Some("a"), "1"), (2, None, "2.5"), (3, Some("d"), "NaN"), (4, Some("x"), "4")]).rows;
        let found = compare(&contract(), &source, &silver).unwrap();
        assert_eq!(found.columns, ["name", "share"]);
        assert_eq!(
            found.differences,
            [
                Difference { source: Some(2), silver: Some(1), columns: vec![1] },
                Difference { source: Some(0), silver: Some(2), columns: vec![0] },
                Difference { source: None, silver: Some(3), columns: vec![] },
                Difference { source: Some(3), silver: None, columns: vec![] },
            ]
        );
    }

    #[test]
    fn blanks_between_values_are_no_part_of_a_document() {
        assert_eq!(
            without_blanks(r#"{ "a b" : "c \" d", "e":\n[1, 2] }"#.replace("\\n", "\n").as_str()),
            r#"{"a b":"c \" d","e":[1,2]}"#
        );
        assert_ne!(without_blanks(r#"{"a": "b c"}"#), without_blanks(r#"{"a": "bc"}"#));
    }

    #[test]
    fn what_cannot_be_compared_is_named_or_refused() {
        let text = |row: &[&str], names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let row = vec![row.iter().map(|value| Some((*value).to_owned())).collect()];
            SourceRows::of_texts(&contract(), &names, &row, "people.csv")
        };
        let silver = rows(&[(1, Some("a"), "1")]).rows;
        let found = compare(&contract(), &text(&["1", "a"], &["id", "name"]).unwrap(), &silver).unwrap();
        assert_eq!(found.differences, []);
        assert_eq!(found.not_compared[0].column, "share");
        let refused = text(&["1", "anna@post.example"], &["id", "share"]).map(|_| ()).unwrap_err().to_api();
        assert!(refused.message.contains("share") && refused.message.contains("people.csv"), "{refused:?}");
        assert!(!refused.message.contains("anna"), "{refused:?}");
        let twice = compare(&contract(), &rows(&[(1, None, "1"), (1, None, "2")]), &silver).unwrap_err();
        assert!(twice.to_string().contains("Rows 1 and 2"), "{twice}");
    }
}
