//! From the type of a column in SQL to the type of a contract that holds every value of it.

/// Whose words a text uses, where the same word means different types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `DATE` has hours, minutes and seconds.
    Oracle,
    /// `TIMESTAMP` is an instant, `DATETIME` is none.
    MySql,
    /// All others.
    Standard,
}

impl Dialect {
    /// By words that only one of them has.
    pub(super) fn of(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        if lower.contains("varchar2") || lower.contains("number(") {
            Self::Oracle
        } else if lower.contains("engine=") || lower.contains("auto_increment") || lower.contains('`') {
            Self::MySql
        } else {
            Self::Standard
        }
    }
}

/// The contract's type; `None` for a type that is not known, which a sample decides then.
pub(super) fn contract_type(written: &str, dialect: Dialect) -> Option<String> {
    let lower = written.trim().to_ascii_lowercase().replace(['[', ']'], " ");
    if let Some(element) = written.trim_end().strip_suffix("[]") {
        let element = contract_type(element, dialect)?;
        return (!element.starts_with("array")).then(|| format!("array<{element}>"));
    }
    let (words, arguments) = match lower.split_once('(') {
        Some((before, rest)) => {
            let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
            (format!("{before} {after}"), inside.to_owned())
        }
        None => (lower.clone(), String::new()),
    };
    let words: Vec<&str> = words.split_whitespace().collect();
    let numbers: Vec<i32> = arguments.split(',').filter_map(|text| text.trim().parse().ok()).collect();
    let has = |word: &str| words.contains(&word);
    let unsigned = has("unsigned");
    let base = *words.first()?;
    let simple = match base {
        "bigint" | "int8" | "bigserial" | "serial8" if unsigned => "decimal(20,0)",
        "bigint" | "int8" | "bigserial" | "serial8" => "bigint",
        "int" | "integer" | "int4" | "serial" | "serial4" if unsigned => "bigint",
        "int" | "integer" | "int4" | "serial" | "serial4" | "mediumint" | "year" => "int",
        "smallint" | "int2" | "smallserial" if unsigned => "int",
        // A flag for some connectors and a number for others: the sample shows which.
        "tinyint" if numbers == [1] => return None,
        "smallint" | "int2" | "smallserial" | "tinyint" => "smallint",
        "boolean" | "bool" => "boolean",
        "bit" if numbers.is_empty() || numbers == [1] => "boolean",
        "real" | "float4" | "binary_float" => "float",
        "float" if dialect == Dialect::MySql => "float",
        "double" | "float8" | "float" | "binary_double" => "double",
        "money" => "decimal(19,4)",
        "smallmoney" => "decimal(10,4)",
        "decimal" | "numeric" | "dec" | "number" | "fixed" => return Some(decimal(&numbers, dialect)),
        "char" | "character" | "varchar" | "varchar2" | "nvarchar" | "nvarchar2" | "nchar" | "bpchar" | "text"
        | "tinytext" | "mediumtext" | "longtext" | "ntext" | "clob" | "nclob" | "string" | "citext" | "enum"
        | "set" | "name" | "xml" | "long" | "sysname" => "string",
        "date" if dialect == Dialect::Oracle => "timestamp_ntz",
        "date" => "date",
        // Up to 838 hours, and negative.
        "time" if dialect == Dialect::MySql => "string",
        "time" => "time",
        "datetime" | "datetime2" | "smalldatetime" => "timestamp_ntz",
        "timestamptz" | "datetimeoffset" => "timestamp",
        "timestamp" if has("zone") && !has("without") => "timestamp",
        // SQL Server's is a number of the row.
        "timestamp" if dialect == Dialect::MySql => "timestamp",
        "timestamp" => "timestamp_ntz",
        "uuid" | "uniqueidentifier" => "uuid",
        "json" | "jsonb" => "json",
        "bytea" | "blob" | "tinyblob" | "mediumblob" | "longblob" | "binary" | "varbinary" | "image" | "raw"
        | "rowversion" => "binary",
        _ => return None,
    };
    Some(simple.to_owned())
}

/// `NUMBER(10)` of Oracle is a whole number; a number without digits has any.
fn decimal(numbers: &[i32], dialect: Dialect) -> String {
    match numbers {
        [] if dialect == Dialect::MySql => "decimal(10,0)".to_owned(),
        [] => "numeric".to_owned(),
        [precision] | [precision, 0] if dialect == Dialect::Oracle && *precision <= 18 => {
            if *precision <= 9 { "int" } else { "bigint" }.to_owned()
        }
        [precision, scale, ..] if (1..=38).contains(precision) && (0..=*precision).contains(scale) => {
            format!("decimal({precision},{scale})")
        }
        [precision] if (1..=38).contains(precision) => format!("decimal({precision},0)"),
        // More digits than a decimal has, or a scale below zero.
        _ => "numeric".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, contract_type};

    #[test]
    fn a_type_holds_every_value_of_the_source() {
        for (written, expected) in [
            ("NUMERIC(40,2)", Some("numeric")),
            ("DECIMAL(5,-2)", Some("numeric")),
            ("CHARACTER VARYING(20)", Some("string")),
            ("DOUBLE PRECISION", Some("double")),
            ("TIMESTAMP(3) WITH TIME ZONE", Some("timestamp")),
            ("TIMESTAMP WITHOUT TIME ZONE", Some("timestamp_ntz")),
            ("SMALLINT UNSIGNED", Some("int")),
            ("BIT(8)", None),
            ("GEOMETRY", None),
            ("INT[]", Some("array<int>")),
            ("INT[][]", None),
        ] {
            assert_eq!(contract_type(written, Dialect::Standard).as_deref(), expected, "{written}");
        }
        assert_eq!(contract_type("time(6)", Dialect::MySql).as_deref(), Some("string"));
        assert_eq!(contract_type("time(6)", Dialect::Standard).as_deref(), Some("time"));
        let oracle = |written| contract_type(written, Dialect::Oracle).unwrap();
        assert_eq!([oracle("NUMBER(9)"), oracle("NUMBER(19,0)")], ["int", "decimal(19,0)"]);
    }
}
