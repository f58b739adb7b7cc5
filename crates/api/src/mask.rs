//! Personal data as it is shown: enough to recognise, not enough to read.

/// `a•••@post.example`, `J•••`; keeps the first character and, of an address, the host.
#[must_use]
pub fn masked(text: &str) -> String {
    let first: String = text.chars().take(1).collect();
    match text.rsplit_once('@') {
        Some((_, host)) if is_host(host) => format!("{first}•••@{host}"),
        _ => format!("{first}•••"),
    }
}

/// What follows the sign in an address; in a longer text other values may follow it.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.len() <= 253 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_value_is_recognised_and_not_read() {
        assert_eq!(masked("anna@post.example"), "a•••@post.example");
        assert_eq!(masked("69002"), "6•••");
        assert_eq!(masked(""), "•••");
        assert_eq!(masked("{\"mail\":\"anna@post.example\",\"name\":\"Anna\"}"), "{•••");
        assert_eq!(masked("write to anna@post.example or call 123"), "w•••");
    }
}
