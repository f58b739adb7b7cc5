//! What the names of columns say of a key.

/// Words that the names of keys end with.
const KEY_WORDS: [&str; 9] = ["id", "uuid", "guid", "code", "key", "no", "nr", "number", "pk"];
/// Names that a column has which is the key and nothing else.
const PLAIN_NAMES: [&str; 5] = ["id", "pk", "uuid", "guid", "objectid"];

/// A name by its letters and digits alone, in small ones.
pub(super) fn plain_letters(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a column is called as keys are: by its last word (`Order ID`, `line_no`, `customerId`, `sku`).
pub(super) fn is_named_like_key(name: &str) -> bool {
    let is_key = |word: &str| {
        let word = word.to_lowercase();
        KEY_WORDS.contains(&word.as_str()) || matches!(word.as_str(), "ids" | "sku")
    };
    let last = name.rsplit(|letter: char| !letter.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or(name);
    // The last word of `customerId`.
    let begins = last.char_indices().rev().find(|(_, letter)| letter.is_uppercase()).map_or(0, |(at, _)| at);
    is_key(last) || last.get(begins..).is_some_and(is_key)
}

/// Whether a column is called as the key of this very table is: `id`, or `order_id` and `orderNo` of `orders`.
pub(super) fn is_own_key(name: &str, table: &str) -> bool {
    let (name, table) = (plain_letters(name), plain_letters(table));
    let singular = [
        table.strip_suffix("ies").map(|rest| format!("{rest}y")),
        table.strip_suffix("es").map(str::to_owned),
        table.strip_suffix('s').map(str::to_owned),
        Some(table.clone()),
    ];
    let begins_name = |word: &String| {
        !word.is_empty() && name.strip_prefix(word.as_str()).is_some_and(|rest| KEY_WORDS.contains(&rest))
    };
    PLAIN_NAMES.contains(&name.as_str()) || singular.iter().flatten().any(begins_name)
}

#[cfg(test)]
mod tests {
    use super::{is_named_like_key, is_own_key};

    #[test]
    fn keys_are_known_by_their_last_word() {
        for name in ["id", "_id", "ID", "Order ID", "order_id", "customerId", "line_no", "sku", "invoice-no", "Number"]
        {
            assert!(is_named_like_key(name), "{name}");
        }
        for name in ["name", "paid", "updated_at", "valid", "email", "id_text", "Casino"] {
            assert!(!is_named_like_key(name), "{name}");
        }
    }

    #[test]
    fn a_key_is_called_after_its_table() {
        for (name, table) in
            [("id", "orders"), ("orderId", "orders"), ("ORDER_NO", "order"), ("country_code", "countries")]
        {
            assert!(is_own_key(name, table), "{name} of {table}");
        }
        assert!(is_own_key("address_id", "addresses") && is_own_key("orders_id", "orders"));
        assert!(!is_own_key("customer_id", "orders") && !is_own_key("code", "orders"));
    }
}
