//! From a type of MySQL, as `mysqlType` has it, to a type of the contract.

use crate::profile::guess::{Guess, doubtful, guess, hinted, mysql_time};
use sluice_contract::QuestionKind;

const DECIDE_ZONE: &str = "A TIMESTAMP comes in the time zone of Canal's server, which the texts do not name: write \
                           time_zone in source, or make the column timestamp_ntz";
const DECIDE_FLAG: &str = "If it holds only 0 and 1, boolean";
const TEXT: &str = "text";
const BYTES: &str = "text, a letter per byte";

/// The type for values of a type of MySQL; `None` where their texts say more.
pub(super) fn of_mysql(written: &str) -> Option<Guess> {
    let written = written.trim().to_ascii_lowercase();
    let name = written.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let unsigned = written.contains("unsigned");
    let arguments = arguments(&written);
    let first = arguments.first().copied();
    Some(match name {
        "tinyint" if first == Some(1) => hinted("smallint", TEXT, DECIDE_FLAG),
        "tinyint" => guess("smallint", TEXT),
        "smallint" => guess(if unsigned { "int" } else { "smallint" }, TEXT),
        "mediumint" | "year" => guess("int", TEXT),
        "int" | "integer" => guess(if unsigned { "bigint" } else { "int" }, TEXT),
        "bigint" => guess(if unsigned { "decimal(20,0)" } else { "bigint" }, TEXT),
        "serial" => guess("decimal(20,0)", TEXT),
        "bool" | "boolean" => guess("boolean", TEXT),
        "bit" if first == Some(1) => guess("boolean", TEXT),
        "bit" => guess("decimal(20,0)", TEXT),
        "decimal" | "numeric" | "dec" | "fixed" => {
            // TiCDC leaves out what is in parentheses.
            let (precision, scale) = (first.unwrap_or(0), arguments.get(1).copied().unwrap_or(0));
            let fits = (1..=38).contains(&precision) && scale <= precision;
            guess(if fits { format!("decimal({precision},{scale})") } else { "numeric".to_owned() }, TEXT)
        }
        // The text of a float may have the digits of a double.
        "float" | "double" | "real" => guess("double", TEXT),
        "date" => guess("date", TEXT),
        "time" => mysql_time(TEXT),
        "datetime" => guess("timestamp_ntz", TEXT),
        "timestamp" => doubtful("timestamp", TEXT, DECIDE_ZONE).about(QuestionKind::TimeZone),
        "json" => guess("json", TEXT),
        "char" | "varchar" | "nchar" | "nvarchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum"
        | "set" => guess("string", TEXT),
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => guess("binary", BYTES),
        // SRID and WKB.
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
        | "geometrycollection" | "geomcollection" => guess("binary", BYTES),
        _ => return None,
    })
}

/// The numbers in parentheses.
fn arguments(written: &str) -> Vec<u32> {
    let inside = written.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    inside.split(',').filter_map(|number| number.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::of_mysql;

    #[test]
    fn types_of_mysql_are_types_that_hold_their_values() {
        for (written, data_type) in [
            ("INT", "int"),
            ("int(11) unsigned", "bigint"),
            ("bigint(20)", "bigint"),
            ("BIGINT UNSIGNED", "decimal(20,0)"),
            ("tinyint(1)", "smallint"),
            ("smallint unsigned", "int"),
            ("NUMERIC(8, 3)", "decimal(8,3)"),
            ("decimal(65,30)", "numeric"),
            ("decimal", "numeric"),
            ("decimal(10)", "decimal(10,0)"),
            ("bit", "decimal(20,0)"),
            ("serial", "decimal(20,0)"),
            ("float", "double"),
            ("datetime(6)", "timestamp_ntz"),
            ("timestamp", "timestamp"),
            ("varchar(10)", "string"),
            ("enum('a','b')", "string"),
            ("varbinary(16)", "binary"),
            ("bit(1)", "boolean"),
            ("json", "json"),
            ("time(6)", "string"),
        ] {
            assert_eq!(of_mysql(written).unwrap().data_type, data_type, "{written}");
        }
        assert_eq!(of_mysql("point").unwrap().data_type, "binary");
        assert_eq!(of_mysql("vector(3)"), None);
        assert!(of_mysql("timestamp").unwrap().open && !of_mysql("tinyint(1)").unwrap().open);
    }
}
