//! SQL of our own making. The only file that turns text into SQL.
//!
//! [`Sql`] is built from literals of the program, quoted names, quoted texts and numbers. There is no
//! way from a `String` to `Sql` except [`Sql::checked`], which takes a statement that
//! [`crate::sql::statement`] has parsed.

use std::fmt;

/// A piece of SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sql(String);

impl Sql {
    /// Starts with a literal of the program.
    pub(crate) fn new(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// A quoted name.
    pub(crate) fn name(name: &str) -> Self {
        Self::default().ident(name)
    }

    /// A quoted text.
    pub(crate) fn quoted(text: &str) -> Self {
        Self::default().text(text)
    }

    /// SQL of a person, which was parsed as exactly one statement or one expression.
    pub(crate) fn checked(text: &crate::sql::statement::Checked) -> Self {
        Self(text.as_str().to_owned())
    }

    /// The type `ty` in the words of DuckDB, as DuckDB itself printed it.
    pub(crate) fn duck_type(ty: &crate::sql::types::DuckType) -> Self {
        Self(ty.as_str().to_owned())
    }

    /// Appends a literal of the program.
    #[must_use]
    pub(crate) fn add(mut self, text: &'static str) -> Self {
        self.0.push_str(text);
        self
    }

    /// Appends a piece.
    #[must_use]
    pub(crate) fn sql(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Appends a quoted name.
    #[must_use]
    pub(crate) fn ident(mut self, name: &str) -> Self {
        self.0.push('"');
        for c in name.chars().filter(|c| *c != '\0') {
            if c == '"' {
                self.0.push('"');
            }
            self.0.push(c);
        }
        self.0.push('"');
        self
    }

    /// Appends a quoted text.
    #[must_use]
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.0.push('\'');
        for c in text.chars().filter(|c| *c != '\0') {
            if c == '\'' {
                self.0.push('\'');
            }
            self.0.push(c);
        }
        self.0.push('\'');
        self
    }

    /// Appends a floating point number.
    #[must_use]
    pub(crate) fn double(mut self, number: f64) -> Self {
        self.0.push_str(&format!("CAST({number:?} AS DOUBLE)"));
        self
    }

    /// Appends a whole number.
    #[must_use]
    pub(crate) fn number(mut self, number: u64) -> Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// Joins pieces with a literal of the program.
    pub(crate) fn join(pieces: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let mut joined = Self::default();
        for (at, piece) in pieces.into_iter().enumerate() {
            if at > 0 {
                joined.0.push_str(between);
            }
            joined.0.push_str(&piece.0);
        }
        joined
    }

    /// The text for DuckDB.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Sql;

    #[test]
    fn names_and_texts_stay_one_token() {
        let conn = duckdb::Connection::open_in_memory().unwrap();
        let long = "x".repeat(10_000);
        for hostile in ["a", "\"; drop table t--", "it's", "''", "\"\"", "select", "a b", "ש.ה", "\\", "$1", "?", &long]
        {
            let sql = Sql::new("SELECT ").text(hostile).add(" AS ").ident(hostile);
            let mut statement = conn.prepare(sql.as_str()).unwrap();
            let value: String = statement.query_row([], |row| row.get(0)).unwrap();
            assert_eq!(value, hostile);
            assert_eq!(statement.column_name(0).unwrap(), hostile);
        }
    }
}
