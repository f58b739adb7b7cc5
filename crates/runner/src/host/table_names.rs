//! Names proposed for tables, from folders, topics and streams.

use sluice_contract::TableName;

/// `server.schema.table` and `schema/table` become `server.table` and `schema.table`; `crm/orders_*` is `crm.orders`.
pub(super) fn proposed_name(folder: &str) -> TableName {
    let mut parts = folder.rsplit('/');
    let last = parts.next().unwrap_or("table");
    let last = last.split('*').next().unwrap_or(last).trim_end_matches(['_', '-', '.', ' ']);
    let last = if last.is_empty() { "table" } else { last };
    let words: Vec<&str> = last.split('.').collect();
    match words.as_slice() {
        [dataset, .., table] => clean_name(dataset, table),
        _ => clean_name(parts.next().unwrap_or("default"), last),
    }
}

/// The name of one table of a stream: `stream/shop` with `app.public.orders` becomes `shop.orders`.
pub(super) fn name_in_stream(folder: &str, table: &str) -> TableName {
    let dataset = proposed_name(folder).table;
    clean_name(&dataset, table.rsplit('.').next().unwrap_or(table))
}

/// A name of these words, with `_` for letters that a name cannot have.
pub(super) fn clean_name(dataset: &str, table: &str) -> TableName {
    let clean = |text: &str| -> String {
        text.chars().map(|c| if c.is_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect()
    };
    TableName::new(&clean(dataset), &clean(table))
        .unwrap_or_else(|_| TableName { dataset: "default".to_owned(), table: "table".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{name_in_stream, proposed_name};
    use sluice_cdc::table_folder;

    #[test]
    fn names_come_from_topics_and_folders() {
        let folder =
            table_folder("landing/topics/shop.public.orders/partition=0/shop.public.orders+0+0000000000.json.gz");
        assert_eq!(folder, "landing/topics/shop.public.orders");
        assert_eq!(proposed_name(folder).to_string(), "shop.orders");
        assert_eq!(
            proposed_name(table_folder("dms/public/orders/2026/11/LOAD00000001.csv")).to_string(),
            "public.orders"
        );
        assert_eq!(proposed_name("landing/crm/orders_*").to_string(), "crm.orders");
        assert_eq!(name_in_stream("landing/stream/shop", "app.public.orders").to_string(), "shop.orders");
    }
}
