//! Tables from the statements of a SQL text.

use super::sql_type::{Dialect, contract_type};
use super::table::{ColumnDefinition, TableDefinition};
use sqlparser::ast::{AlterTableOperation, ColumnOption, Expr, IndexColumn, ObjectName, Statement, TableConstraint};
use sqlparser::dialect::{GenericDialect, MsSqlDialect, MySqlDialect, PostgreSqlDialect};
use sqlparser::parser::Parser;

/// Tables that statements about `table` define. A statement that cannot be read defines nothing.
pub(super) fn tables(text: &str, table: &str) -> Vec<TableDefinition> {
    let needle = table.to_ascii_lowercase();
    let dialect = Dialect::of(text);
    let mut found: Vec<TableDefinition> = Vec::new();
    for statement in split(text) {
        let lower = statement.to_ascii_lowercase();
        let is_definition = lower.starts_with("create") || lower.starts_with("alter");
        if !is_definition || !lower.contains(&needle) {
            continue;
        }
        match parse(statement) {
            Some(Statement::CreateTable(create)) if !create.columns.is_empty() => {
                let (mut columns, mut key) = (Vec::new(), Vec::new());
                for column in create.columns {
                    let name = column.name.value;
                    let is_key = |option: &ColumnOption| matches!(option, ColumnOption::PrimaryKey(_));
                    if column.options.iter().any(|option| is_key(&option.option)) {
                        key.push(name.clone());
                    }
                    let written = column.data_type.to_string();
                    let data_type = contract_type(&written, dialect);
                    columns.push(ColumnDefinition { name, written, data_type });
                }
                key.extend(create.constraints.iter().find_map(key_of).unwrap_or_default());
                found.push(TableDefinition { name: parts(&create.name), columns, key });
            }
            Some(Statement::AlterTable(alter)) => {
                let key = alter.operations.iter().find_map(|operation| match operation {
                    AlterTableOperation::AddConstraint { constraint, .. } => key_of(constraint),
                    _ => None,
                });
                let name = parts(&alter.name);
                if let (Some(key), Some(table)) = (key, found.iter_mut().rev().find(|table| table.name == name)) {
                    table.key = key;
                }
            }
            _ => {}
        }
    }
    found
}

/// Columns that statements give another name: `(former, new)`.
pub(crate) fn renamed_columns(text: &str) -> Vec<(String, String)> {
    let mut renamed = Vec::new();
    for statement in split(text) {
        let lower = statement.to_ascii_lowercase();
        if !lower.starts_with("alter") || !(lower.contains("rename") || lower.contains("change")) {
            continue;
        }
        let Some(Statement::AlterTable(alter)) = parse(statement) else { continue };
        renamed.extend(alter.operations.into_iter().filter_map(|operation| match operation {
            AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
                Some((old_column_name.value, new_column_name.value))
            }
            AlterTableOperation::ChangeColumn { old_name, new_name, .. } if old_name.value != new_name.value => {
                Some((old_name.value, new_name.value))
            }
            _ => None,
        }));
    }
    renamed
}

fn parse(statement: &str) -> Option<Statement> {
    let with = |dialect: &dyn sqlparser::dialect::Dialect| Parser::parse_sql(dialect, statement).ok()?.pop();
    with(&GenericDialect {})
        .or_else(|| with(&PostgreSqlDialect {}))
        .or_else(|| with(&MySqlDialect {}))
        .or_else(|| with(&MsSqlDialect {}))
}

fn parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().filter_map(|part| Some(part.as_ident()?.value.clone())).collect()
}

fn key_of(constraint: &TableConstraint) -> Option<Vec<String>> {
    let TableConstraint::PrimaryKey(key) = constraint else { return None };
    let name = |column: &IndexColumn| match &column.column.expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        _ => None,
    };
    key.columns.iter().map(name).collect()
}

/// Statements of a text without leading blanks and comments: it is cut at semicolons that are in no quotes and in no
/// comment.
fn split(text: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut start, mut at) = (0, 0);
    let find = |from: usize, end: &str| {
        text.get(from..).and_then(|rest| rest.find(end)).map_or(text.len(), |found| from + found + end.len())
    };
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let begins = text.get(start..at).is_some_and(|before| before.trim().is_empty());
        if rest.starts_with("--") || rest.starts_with("/*") {
            at = if rest.starts_with("--") { find(at, "\n") } else { find(at + 2, "*/") };
            if begins {
                start = at;
            }
            continue;
        }
        let first = rest.chars().next().unwrap_or_default();
        match first {
            '\'' | '"' | '`' => {
                let mut end = [0_u8; 4];
                at = find(at + 1, first.encode_utf8(&mut end));
            }
            ';' => {
                let statement = text.get(start..at).unwrap_or_default().trim();
                statements.push(statement);
                at += 1;
                // Rows follow, up to a line of their own.
                let lower = statement.to_ascii_lowercase();
                if lower.starts_with("copy") && lower.ends_with("from stdin") {
                    at = find(at, "\\.");
                }
                start = at;
            }
            _ => at += first.len_utf8(),
        }
    }
    statements.push(text.get(start..).unwrap_or_default().trim());
    statements.retain(|statement| !statement.is_empty());
    statements
}

#[cfg(test)]
mod tests {
    use super::{renamed_columns, split};

    #[test]
    fn statements_say_which_columns_have_another_name() {
        let names = |sql: &str| renamed_columns(sql).into_iter().map(|(a, b)| format!("{a}>{b}")).collect::<Vec<_>>();
        assert_eq!(names("ALTER TABLE shop.orders RENAME COLUMN note TO remark"), ["note>remark"]);
        assert_eq!(names("alter table `orders` change column `note` `remark` varchar(20)"), ["note>remark"]);
        assert!(names("alter table orders change note note text; alter table orders rename to bills").is_empty());
        assert!(names("alter table orders add column renamed int; nonsense rename").is_empty());
    }

    #[test]
    fn quotes_and_comments_hide_semicolons() {
        let text = "-- a; b\nCREATE TABLE a (x text DEFAULT 'it''s; ok'); /* c; */ SELECT \"d;\" ;;\nlast";
        assert_eq!(split(text), ["CREATE TABLE a (x text DEFAULT 'it''s; ok')", "SELECT \"d;\"", "last"]);
        assert_eq!(split("'open; quote"), ["'open; quote"]);
        assert!(split(" -- nothing").is_empty());
        assert_eq!(split("COPY a FROM stdin;\n1\t;'\n\\.\nlast;"), ["COPY a FROM stdin", "last"]);
    }
}
