//! The key that a model declares: a comment before its text, `-- key: day, country`.

/// The columns of the first such line, if there is one.
pub(crate) fn declared_key(sql: &str) -> Option<Vec<String>> {
    let comments = sql.lines().map(str::trim).take_while(|line| line.is_empty() || line.starts_with("--"));
    let list = comments.map(|line| line.trim_start_matches('-').trim_start()).find_map(|text| {
        let (word, list) = text.split_once(':')?;
        word.trim_end().eq_ignore_ascii_case("key").then_some(list)
    })?;
    let names = list.split(',').map(|name| name.trim().trim_matches('"').to_owned());
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::declared_key;

    #[test]
    fn only_a_line_of_the_head_declares() {
        let key = |sql: &str| declared_key(sql).map(|names| names.join("|"));
        assert_eq!(key("-- gold.shop.daily\n--\n-- Key: day, \"country\"\nSELECT 1").as_deref(), Some("day|country"));
        assert_eq!(key("--key:day\nSELECT 1").as_deref(), Some("day"));
        for sql in
            ["SELECT 1\n-- key: day", "-- key:\nSELECT 1", "-- the key: day\nSELECT 1", "-- id int key\nSELECT 1", ""]
        {
            assert_eq!(key(sql), None, "{sql}");
        }
    }
}
