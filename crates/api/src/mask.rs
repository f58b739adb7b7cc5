//! Personal data as it is shown: enough to recognise, not enough to read.

/// `a•••@post.example`, `J•••`; keeps the first character and, of an address, the host.
#[must_use]
pub fn masked(text: &str) -> String {
    let first: String = text.chars().take(1).collect();
    match text.rsplit_once('@') {
        Some((_, host)) if !host.is_empty() => format!("{first}•••@{host}"),
        _ => format!("{first}•••"),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_value_is_recognised_and_not_read() {
        assert_eq!(masked("anna@post.example"), "a•••@post.example");
        assert_eq!(masked("69002"), "6•••");
        assert_eq!(masked(""), "•••");
    }
}
