//! Which tables a query names, and under which alias.

use crate::code::sql::{Kind, Token, tokens};
use crate::code::sql_words::is_keyword;
use sluice_api::TableRef;

/// A table after `FROM` or `JOIN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Table of the lake, if the name is one.
    pub table: TableRef,
    /// Alias, if there is one.
    pub alias: Option<String>,
}

/// All tables that `sql` names, in order.
pub(super) fn named(sql: &str) -> Vec<Named> {
    let tokens: Vec<Token> = tokens(sql).into_iter().filter(|token| token.kind != Kind::Comment).collect();
    let word = |index: usize| tokens.get(index).map(|token| token.text(sql)).unwrap_or_default();
    let mut found = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let starts = word(index).eq_ignore_ascii_case("from") || word(index).eq_ignore_ascii_case("join");
        index += 1;
        if !starts {
            continue;
        }
        loop {
            let mut path = unquoted(word(index));
            index += 1;
            while word(index) == "." {
                path.push('.');
                path.push_str(&unquoted(word(index + 1)));
                index += 2;
            }
            if word(index).eq_ignore_ascii_case("as") {
                index += 1;
            }
            let next = tokens
                .get(index)
                .filter(|token| token.kind == Kind::Name || (token.kind == Kind::Word && !is_keyword(token.text(sql))));
            let alias = next.map(|token| unquoted(token.text(sql)));
            index += usize::from(alias.is_some());
            if let Ok(table) = path.parse() {
                found.push(Named { table, alias });
            }
            if word(index) != "," {
                break;
            }
            index += 1;
        }
    }
    found
}

fn unquoted(text: &str) -> String {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn tables_come_with_their_alias() {
        let sql = "SELECT * FROM silver.shop.orders AS o JOIN shop.items i USING (id), x\nJOIN \"gold\".shop.daily ON true WHERE";
        let found: Vec<(String, Option<String>)> =
            named(sql).into_iter().map(|each| (each.table.to_string(), each.alias)).collect();
        let alias = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                ("silver.shop.orders".to_owned(), alias("o")),
                ("silver.shop.items".to_owned(), alias("i")),
                ("gold.shop.daily".to_owned(), None)
            ]
        );
        assert!(named("SELECT 1 FROM").is_empty());
    }
}
