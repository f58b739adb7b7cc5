//! Queries to begin with, made of the tables of this lake.

use super::complete::quoted_if_needed;
use sluice_api::{LakeView, Layer, TableRef};

/// A query with a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Example {
    pub title: String,
    pub sql: String,
}

/// Examples that work on the tables of `lake`.
pub(super) fn examples(lake: &LakeView) -> Vec<Example> {
    let of =
        |layer: Layer| lake.tables.iter().filter(move |each| each.table.layer == layer && each.rows.unwrap_or(0) > 0);
    let mut found = Vec::new();
    for each in of(Layer::Gold).take(2) {
        found.push(Example {
            title: format!("All of {}", each.table),
            sql: format!("SELECT *\nFROM {}\nORDER BY 1", written(&each.table)),
        });
    }
    let largest = of(Layer::Silver).max_by_key(|each| each.rows);
    if let Some(each) = largest {
        let table = written(&each.table);
        found.push(Example {
            title: format!("First rows of {}", each.table),
            sql: format!("SELECT *\nFROM {table}\nLIMIT 100"),
        });
    }
    if of(Layer::Silver).nth(1).is_some() {
        let parts: Vec<String> = of(Layer::Silver)
            .map(|each| {
                format!("SELECT '{}' AS name, count(*) AS row_count\nFROM {}", each.table.name, written(&each.table))
            })
            .collect();
        let sql = format!("{}\nORDER BY row_count DESC", parts.join("\nUNION ALL\n"));
        found.push(Example { title: "Rows of every silver table".to_owned(), sql });
    }
    found
}

/// A table as it stands in SQL.
pub(super) fn written(table: &TableRef) -> String {
    let TableRef { layer, name } = table;
    format!("{layer}.{}.{}", quoted_if_needed(&name.dataset), quoted_if_needed(&name.table))
}

#[cfg(test)]
mod tests {
    use super::examples;
    use sluice_api::LakeView;

    #[test]
    fn an_empty_lake_has_none() {
        assert!(examples(&LakeView::default()).is_empty());
    }
}
