//! Types: DuckDB's words, the contract's words, and what leaves the engine.

use sluice_contract::ColumnType;

/// A type as DuckDB prints it, or as we write it for DuckDB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DuckType(String);

impl DuckType {
    /// A type that DuckDB printed in answer to `DESCRIBE`.
    pub(crate) fn described(text: String) -> Self {
        Self(text)
    }

    /// The type in which silver stores a column of the contract.
    pub(crate) fn of_contract(ty: &ColumnType) -> Self {
        Self(match ty {
            ColumnType::Boolean => "BOOLEAN".to_owned(),
            ColumnType::SmallInt => "SMALLINT".to_owned(),
            ColumnType::Int => "INTEGER".to_owned(),
            ColumnType::BigInt => "BIGINT".to_owned(),
            ColumnType::Float => "FLOAT".to_owned(),
            ColumnType::Double => "DOUBLE".to_owned(),
            ColumnType::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
            ColumnType::Numeric | ColumnType::String | ColumnType::Time | ColumnType::Uuid | ColumnType::Json => {
                "VARCHAR".to_owned()
            }
            ColumnType::Binary => "BLOB".to_owned(),
            ColumnType::Date => "DATE".to_owned(),
            ColumnType::Timestamp | ColumnType::TimestampNtz => "TIMESTAMP".to_owned(),
            ColumnType::Array(element) => format!("{}[]", Self::of_contract(element).0),
            ColumnType::Struct(fields) => {
                let field = |(name, ty): &(String, ColumnType)| {
                    format!("\"{}\" {}", name.replace('"', "\"\""), Self::of_contract(ty).0)
                };
                format!("STRUCT({})", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
            ColumnType::Map(value) => format!("MAP(VARCHAR, {})", Self::of_contract(value).0),
        })
    }

    /// `VARCHAR`.
    pub(crate) fn text() -> Self {
        Self("VARCHAR".to_owned())
    }

    /// `VARCHAR[]`.
    pub(crate) fn texts() -> Self {
        Self("VARCHAR[]".to_owned())
    }

    /// `DOUBLE`.
    pub(crate) fn double() -> Self {
        Self("DOUBLE".to_owned())
    }

    /// `HUGEINT`.
    pub(crate) fn hugeint() -> Self {
        Self("HUGEINT".to_owned())
    }

    /// `TIMESTAMP`.
    pub(crate) fn timestamp() -> Self {
        Self("TIMESTAMP".to_owned())
    }

    /// The text for DuckDB.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The type without a time zone anywhere inside; UTC is meant.
    pub(crate) fn without_zone(&self) -> Self {
        if self.0.contains('"') || self.0.contains('\'') {
            // A struct with quoted field names or an enum: replace outside of the quotes only.
            return Self(replace_outside_quotes(&self.0));
        }
        Self(self.0.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"))
    }

    /// Scale and precision of a decimal.
    pub(crate) fn decimal(&self) -> Option<(u8, u8)> {
        let (precision, scale) = self.0.strip_prefix("DECIMAL(")?.strip_suffix(')')?.split_once(',')?;
        Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?))
    }

    /// A whole number.
    pub(crate) fn is_integer(&self) -> bool {
        matches!(
            self.0.as_str(),
            "TINYINT"
                | "SMALLINT"
                | "INTEGER"
                | "BIGINT"
                | "HUGEINT"
                | "UTINYINT"
                | "USMALLINT"
                | "UINTEGER"
                | "UBIGINT"
                | "UHUGEINT"
        )
    }

    /// A number.
    pub(crate) fn is_numeric(&self) -> bool {
        self.is_integer() || self.decimal().is_some() || matches!(self.0.as_str(), "FLOAT" | "DOUBLE")
    }

    /// What is measured or put together rather than counted on to name something: no type of a key.
    pub(crate) fn is_measure(&self) -> bool {
        self.decimal().is_some() || matches!(self.0.as_str(), "FLOAT" | "DOUBLE") || self.0.ends_with([']', ')'])
    }

    /// Whether values of the two types can equal each other.
    pub(crate) fn comparable(&self, other: &Self) -> bool {
        let both = |kind: fn(&Self) -> bool| kind(self) && kind(other);
        self == other || both(Self::is_numeric) || both(Self::is_moment)
    }

    /// A date, with or without a time.
    fn is_moment(&self) -> bool {
        self.0 == "DATE" || self.0.starts_with("TIMESTAMP")
    }

    /// The word on screen.
    pub(crate) fn word(&self) -> String {
        if let Some(element) = self.0.strip_suffix("[]") {
            return format!("array<{}>", Self(element.to_owned()).word());
        }
        if let Some((precision, scale)) = self.decimal() {
            return format!("decimal({precision},{scale})");
        }
        match self.0.as_str() {
            "INTEGER" => "int",
            "UTINYINT" | "TINYINT" => "smallint",
            "USMALLINT" => "int",
            "UINTEGER" => "bigint",
            "HUGEINT" => "decimal(38,0)",
            "UBIGINT" => "decimal(20,0)",
            "BLOB" => "binary",
            "TIMESTAMP" | "TIMESTAMP WITH TIME ZONE" | "TIMESTAMP_S" | "TIMESTAMP_MS" => "timestamp",
            "SMALLINT" => "smallint",
            "BIGINT" => "bigint",
            "FLOAT" => "float",
            "DOUBLE" => "double",
            "BOOLEAN" => "boolean",
            "DATE" => "date",
            _ => "string",
        }
        .to_owned()
    }

    /// The type with which a value leaves the engine: those that Delta has, everything else as text.
    pub(crate) fn exported(&self) -> Self {
        if let Some(element) = self.0.strip_suffix("[]") {
            let inner = Self(element.to_owned());
            let element = if inner.0.ends_with(']') { Self::text() } else { inner.exported() };
            return Self(if inner.0.ends_with(']') { element.0 } else { format!("{}[]", element.0) });
        }
        let same = self.decimal().is_some()
            || matches!(
                self.0.as_str(),
                "BOOLEAN"
                    | "SMALLINT"
                    | "INTEGER"
                    | "BIGINT"
                    | "FLOAT"
                    | "DOUBLE"
                    | "VARCHAR"
                    | "BLOB"
                    | "DATE"
                    | "TIMESTAMP"
            );
        if same {
            return self.clone();
        }
        Self(
            match self.0.as_str() {
                "TINYINT" | "UTINYINT" => "SMALLINT",
                "USMALLINT" => "INTEGER",
                "UINTEGER" => "BIGINT",
                "UBIGINT" => "DECIMAL(20,0)",
                "HUGEINT" => "DECIMAL(38,0)",
                "TIMESTAMP WITH TIME ZONE" | "TIMESTAMP_S" | "TIMESTAMP_MS" => "TIMESTAMP",
                _ => "VARCHAR",
            }
            .to_owned(),
        )
    }
}

fn replace_outside_quotes(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut outside = String::new();
    for c in text.chars() {
        match quote {
            Some(open) => {
                result.push(c);
                if c == open {
                    quote = None;
                }
            }
            None if c == '"' || c == '\'' => {
                result.push_str(&outside.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"));
                outside.clear();
                result.push(c);
                quote = Some(c);
            }
            None => outside.push(c),
        }
    }
    result.push_str(&outside.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMP"));
    result
}

#[cfg(test)]
mod tests {
    use super::DuckType;

    #[test]
    fn words_and_exports() {
        for (duck, word, exported) in [
            ("DECIMAL(12,2)", "decimal(12,2)", "DECIMAL(12,2)"),
            ("HUGEINT", "decimal(38,0)", "DECIMAL(38,0)"),
            ("TIMESTAMP WITH TIME ZONE", "timestamp", "TIMESTAMP"),
            ("VARCHAR[]", "array<string>", "VARCHAR[]"),
            ("TIME[]", "array<string>", "VARCHAR[]"),
            ("INTEGER[][]", "array<array<int>>", "VARCHAR"),
            ("STRUCT(a INTEGER)", "string", "VARCHAR"),
            ("TIME", "string", "VARCHAR"),
            ("\"NULL\"", "string", "VARCHAR"),
        ] {
            let ty = DuckType::described(duck.to_owned());
            assert_eq!(ty.exported().as_str(), exported);
            if exported != "VARCHAR" || word == "string" {
                assert_eq!(ty.word(), word);
            }
        }
        let nested = DuckType::described("STRUCT(\"TIMESTAMP WITH TIME ZONE\" TIMESTAMP WITH TIME ZONE)".to_owned());
        assert_eq!(nested.without_zone().as_str(), "STRUCT(\"TIMESTAMP WITH TIME ZONE\" TIMESTAMP)");
    }
}
