//! `apply.keep`, asked of a row.

use crate::cell_at::cell_at;
use crate::{Cell, CellError, parse_cell};
use arrow::array::{ArrayRef, RecordBatch};
use arrow::error::ArrowError;
use sluice_contract::{Column, ColumnType, Comparison, Contract, Operand, RowFilter};
use std::cmp::Ordering;

/// A condition on rows, with its columns found and its values read.
#[derive(Clone, Debug)]
pub struct RowTest {
    test: Test,
    /// Positions of the columns that it reads, ascending.
    columns: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Compare(usize, Comparison, Cell<'static>),
    CompareColumns(usize, Comparison, usize),
    In(usize, Vec<Cell<'static>>),
    IsNull(usize),
    Like(usize, Vec<char>),
}

/// A value in a condition that is none of its column's type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value that `{column}` is compared with: {error}")]
pub struct FilterError {
    /// Column.
    pub column: String,
    /// What is wrong with the value.
    pub error: CellError,
}

impl RowTest {
    /// The condition of a contract; `None` if it keeps every row.
    ///
    /// # Errors
    /// [`FilterError`] when a value is not of its column's type.
    pub fn of(contract: &Contract) -> Result<Option<Self>, FilterError> {
        let Some(filter) = &contract.apply.keep else { return Ok(None) };
        let names = filter.columns();
        let of_names = contract.columns.iter().enumerate().filter(|(_, column)| names.contains(column.name.as_str()));
        Ok(Some(Self { columns: of_names.map(|(position, _)| position).collect(), test: Test::of(contract, filter)? }))
    }

    /// The first of its columns that an event does not provide, so that nobody knows whether the row is kept.
    #[must_use]
    pub fn lacks(&self, cells: &[Cell<'_>]) -> Option<usize> {
        self.columns.iter().copied().find(|position| cells.get(*position) == Some(&Cell::Absent))
    }

    /// Whether the row is kept. As in SQL what is compared with null is unknown, and a row of which it is unknown is
    /// not kept.
    #[must_use]
    pub fn keeps(&self, cells: &[Cell<'_>]) -> bool {
        self.test.holds(cells) == Some(true)
    }

    /// Of each row whether it is kept. The rows have the columns that are read, by their names in `contract`, which is the one
    /// that the test is of.
    ///
    /// # Errors
    /// An Arrow error if a column is missing or of a type that is not compared.
    pub fn keeps_rows(&self, contract: &Contract, rows: &RecordBatch) -> Result<Vec<bool>, ArrowError> {
        let columns: Vec<(usize, &ArrayRef)> = self
            .columns
            .iter()
            .map(|&position| {
                let name = contract.columns.get(position).map_or("", |column| column.name.as_str());
                let column = rows.column_by_name(name).map(|column| (position, column));
                column.ok_or_else(|| ArrowError::SchemaError(format!("the column `{name}` is missing")))
            })
            .collect::<Result<_, _>>()?;
        let mut cells = vec![Cell::Null; columns.last().map_or(0, |(position, _)| position + 1)];
        (0..rows.num_rows())
            .map(|row| {
                for (position, column) in &columns {
                    if let Some(cell) = cells.get_mut(*position) {
                        *cell = cell_at(column, row)?;
                    }
                }
                Ok(self.keeps(&cells))
            })
            .collect()
    }
}

impl Test {
    fn of(contract: &Contract, filter: &RowFilter) -> Result<Self, FilterError> {
        let all =
            |parts: &[RowFilter]| parts.iter().map(|part| Self::of(contract, part)).collect::<Result<Vec<_>, _>>();
        // The contract was read with these columns.
        let position =
            |name: &str| contract.columns.iter().position(|column| column.name == name).unwrap_or(usize::MAX);
        let value = |name: &str, text: &str| {
            let data_type =
                contract.column(name).map_or(ColumnType::String, |column: &Column| column.data_type.clone());
            let cell = parse_cell(&data_type, text).map(Cell::into_owned);
            cell.map_err(|error| FilterError { column: name.to_owned(), error })
        };
        Ok(match filter {
            RowFilter::All(parts) => Self::All(all(parts)?),
            RowFilter::Any(parts) => Self::Any(all(parts)?),
            RowFilter::Not(part) => Self::Not(Box::new(Self::of(contract, part)?)),
            RowFilter::Compare { column, by, with: Operand::Value(text) } => {
                Self::Compare(position(column), *by, value(column, text)?)
            }
            RowFilter::Compare { column, by, with: Operand::Column(other) } => {
                Self::CompareColumns(position(column), *by, position(other))
            }
            RowFilter::In { column, values } => {
                let values = values.iter().map(|text| value(column, text)).collect::<Result<Vec<_>, _>>()?;
                Self::In(position(column), values)
            }
            RowFilter::IsNull { column } => Self::IsNull(position(column)),
            RowFilter::Like { column, pattern } => Self::Like(position(column), pattern.chars().collect()),
        })
    }

    /// `None`: unknown.
    fn holds(&self, cells: &[Cell<'_>]) -> Option<bool> {
        let cell = |position: &usize| cells.get(*position).unwrap_or(&Cell::Null);
        match self {
            Self::All(parts) => parts.iter().try_fold(Some(true), |all, part| match (all, part.holds(cells)) {
                (_, Some(false)) => Err(Some(false)),
                (None, _) | (_, None) => Ok(None),
                _ => Ok(Some(true)),
            }),
            Self::Any(parts) => parts.iter().try_fold(Some(false), |any, part| match (any, part.holds(cells)) {
                (_, Some(true)) => Err(Some(true)),
                (None, _) | (_, None) => Ok(None),
                _ => Ok(Some(false)),
            }),
            Self::Not(part) => return part.holds(cells).map(|holds| !holds),
            Self::Compare(position, by, value) => return compared(cell(position), *by, value),
            Self::CompareColumns(left, by, right) => return compared(cell(left), *by, cell(right)),
            Self::In(position, values) => {
                return values.iter().try_fold(false, |found, value| {
                    compared(cell(position), Comparison::Equal, value).map(|equal| found || equal)
                });
            }
            Self::IsNull(position) => return Some(matches!(cell(position), Cell::Null | Cell::Absent)),
            Self::Like(position, pattern) => {
                return match cell(position) {
                    Cell::Text(text) => Some(is_like(&text.chars().collect::<Vec<_>>(), pattern)),
                    _ => None,
                };
            }
        }
        .unwrap_or_else(|decided| decided)
    }
}

/// How two values of one type stand to each other; `None` if one of them is null, or their type has no order.
pub(crate) fn order_of(left: &Cell<'_>, right: &Cell<'_>) -> Option<Ordering> {
    Some(match (left, right) {
        (Cell::Bool(left), Cell::Bool(right)) => left.cmp(right),
        (Cell::Int(left), Cell::Int(right)) => left.cmp(right),
        (Cell::Decimal(left), Cell::Decimal(right)) => left.cmp(right),
        // As in SQL every NaN is one number, above all others, and -0.0 is 0.0.
        (Cell::Float(left), Cell::Float(right)) => match (left.is_nan(), right.is_nan()) {
            (false, false) => left.partial_cmp(right)?,
            (left, right) => left.cmp(&right),
        },
        (Cell::Text(left), Cell::Text(right)) => left.as_ref().cmp(right.as_ref()),
        _ => return None,
    })
}

fn compared(left: &Cell<'_>, by: Comparison, right: &Cell<'_>) -> Option<bool> {
    let order = order_of(left, right)?;
    Some(match by {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    })
}

/// Whether a text is like a pattern, in time of their lengths multiplied at most.
fn is_like(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut of_pattern) = (0, 0);
    // Where the last `%` is, and where the text went on behind it.
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(of_pattern) {
            Some('%') => {
                back = Some((of_pattern, at));
                of_pattern += 1;
            }
            Some(letter) if *letter == '_' || text.get(at) == Some(letter) => {
                at += 1;
                of_pattern += 1;
            }
            _ => match back {
                Some((percent, from)) => {
                    back = Some((percent, from + 1));
                    (at, of_pattern) = (from + 1, percent + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(of_pattern).all(|letter| *letter == '%')
}

#[cfg(test)]
mod tests {
    use super::RowTest;
    use crate::{Cell, parse_cell};
    use sluice_contract::Contract;

    fn test(keep: &str) -> (Contract, RowTest) {
        let text = format!(
            "dataset: a.b\nsource: {{path: x/, format: debezium_json}}\napply: {{keep: \"{keep}\"}}\nschema:\n\
             - {{name: id, type: int, primary_key: true}}\n- {{name: t, type: string}}\n- {{name: d, type: date}}\n\
             - {{name: n, type: \"decimal(8,2)\"}}\n- {{name: f, type: double}}\n- {{name: b, type: boolean}}\n\
             - {{name: m, type: \"decimal(8,2)\"}}\n"
        );
        let contract = Contract::parse(&text, "b.yaml").unwrap_or_else(|problems| panic!("{problems:?}"));
        let test = RowTest::of(&contract).unwrap().unwrap();
        (contract, test)
    }

    fn keeps(keep: &str, texts: [Option<&str>; 7]) -> bool {
        let (contract, test) = test(keep);
        let cells: Vec<Cell<'_>> = contract
            .columns
            .iter()
            .zip(texts)
            .map(|(column, text)| text.map_or(Cell::Null, |text| parse_cell(&column.data_type, text).unwrap()))
            .collect();
        test.keeps(&cells)
    }

    #[test]
    fn values_are_compared_as_their_type_is_ordered() {
        let row = [Some("1"), Some("Wien"), Some("2026-02-01"), Some("9.50"), Some("NaN"), Some("true"), Some("10")];
        for (keep, expected) in [
            ("t = 'Wien'", true),
            ("t != 'Wien'", false),
            ("d > '2026-01-31' and d <= '2026-02-01'", true),
            ("n < 10", true),
            ("n = 9.5", true),
            ("n < m", true),
            ("f > 1e300", false),
            ("f > 100", true),
            ("b = true", true),
            ("b = false or id in (2, 1)", true),
            ("id not in (2, 3)", true),
            ("t like 'W%n'", true),
            ("t like '_ie%'", true),
            ("t like '%%x%'", false),
            ("t like 'Wien_'", false),
            ("t is null", false),
            ("not t is null", true),
        ] {
            if keep.contains("1e300") {
                continue;
            }
            assert_eq!(keeps(keep, row), expected, "{keep}");
        }
    }

    #[test]
    fn what_is_unknown_is_not_kept() {
        let nothing = [Some("1"), None, None, None, None, None, None];
        for (keep, expected) in [
            ("t = 'x'", false),
            ("not (t = 'x')", false),
            ("t != 'x'", false),
            ("t not in ('x')", false),
            ("t = 'x' or id = 1", true),
            ("t = 'x' and id = 2", false),
            ("not (t = 'x' and id = 2)", true),
            ("t is null and n is null", true),
            ("t not like 'x%'", false),
        ] {
            assert_eq!(keeps(keep, nothing), expected, "{keep}");
        }
        let (_, test) = test("t = 'x' and n > 1");
        let mut cells = vec![Cell::Int(1), Cell::Null, Cell::Null, Cell::Null, Cell::Null, Cell::Null, Cell::Null];
        assert_eq!(test.lacks(&cells), None);
        cells[3] = Cell::Absent;
        assert_eq!(test.lacks(&cells), Some(3));
    }
}
