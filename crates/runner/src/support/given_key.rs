//! A key as people write it.

/// The columns of a key with their values: as given, or where that is not the whole key and one text has several of them
/// (`region=eu,id=42`), each for itself. A comma that is part of a value stays in it where the key is whole without that.
pub(crate) fn given_key(columns: &[String], given: Vec<(String, String)>) -> Vec<(String, String)> {
    if is_whole_key(columns, &given) {
        return given;
    }
    let mut parts = Vec::new();
    for (name, value) in &given {
        let (mut name, mut value) = (name.as_str(), value.as_str());
        while let Some((before, next, after)) = first_column(columns, value) {
            parts.push((name.to_owned(), before.to_owned()));
            (name, value) = (next, after);
        }
        parts.push((name.to_owned(), value.to_owned()));
    }
    if is_whole_key(columns, &parts) { parts } else { given }
}

/// Whether a key has a value for each of its columns, and for no other.
pub(crate) fn is_whole_key(columns: &[String], key: &[(String, String)]) -> bool {
    key.len() == columns.len() && columns.iter().all(|column| key.iter().any(|(name, _)| name == column))
}

/// The first `,column=` in a text: what stands before it, the column, and what stands after it.
fn first_column<'t>(columns: &[String], text: &'t str) -> Option<(&'t str, &'t str, &'t str)> {
    text.match_indices(',').find_map(|(at, _)| {
        let (before, rest) = (text.get(..at)?, text.get(at + 1..)?);
        let (name, after) = rest.split_once('=')?;
        let name = name.trim();
        columns.iter().any(|column| column == name).then_some((before, name, after))
    })
}

#[cfg(test)]
mod tests {
    use super::given_key;

    fn given(columns: &[&str], pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        given_key(&columns, pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn several_columns_may_stand_in_one_text() {
        let whole = pairs(&[("region", "eu"), ("id", "42")]);
        assert_eq!(given(&["region", "id"], &[("region", "eu,id=42")]), whole);
        assert_eq!(given(&["region", "id"], &[("region", "eu, id=42")]), whole);
        assert_eq!(given(&["region", "id"], &[("region", "eu"), ("id", "42")]), whole);
    }

    #[test]
    fn a_comma_of_a_value_stays_in_it() {
        assert_eq!(given(&["dn"], &[("dn", "cn=a,ou=b,dn=c")]), pairs(&[("dn", "cn=a,ou=b,dn=c")]));
        let both = pairs(&[("a", "x,b=1"), ("b", "2")]);
        assert_eq!(given(&["a", "b"], &[("a", "x,b=1"), ("b", "2")]), both);
        assert_eq!(given(&["a", "b"], &[("a", "x, y,b=2")]), pairs(&[("a", "x, y"), ("b", "2")]));
        assert_eq!(given(&["a", "b"], &[("a", "x,c=2")]), pairs(&[("a", "x,c=2")]), "an error that says the key");
    }
}
