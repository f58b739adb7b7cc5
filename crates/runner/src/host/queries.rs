//! The queries that are saved in the lake.

use super::{Host, OpenLake};
use crate::RunError;
use sluice_api::{Answer, QueryFile, ask};

/// Characters of a name.
const NAME_CHARS_MAX: usize = 200;

impl Answer<ask::Queries> for Host {
    async fn answer(&self, _request: ask::Queries) -> Result<Vec<QueryFile>, RunError> {
        self.opened().await?.saved_queries().await
    }
}

impl Answer<ask::SaveQuery> for Host {
    async fn answer(&self, request: ask::SaveQuery) -> Result<Vec<QueryFile>, RunError> {
        let ask::SaveQuery { name, sql } = request;
        if !is_name(&name) {
            let next = "Write letters, digits, blanks, - and _, with / for a folder, for example orders/late by day";
            return Err(RunError::input(format!("`{name}` cannot be the name of a query"), next));
        }
        let open = self.opened().await?;
        open.lake.ledger().put_query(&name, &sql).await?;
        open.saved_queries().await
    }
}

impl OpenLake {
    async fn saved_queries(&self) -> Result<Vec<QueryFile>, RunError> {
        let queries = self.lake.ledger().queries().await?;
        Ok(queries.into_iter().map(|(name, sql)| QueryFile { name, sql }).collect())
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let letters = part.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        letters && part.trim() == part && !part.is_empty()
    };
    name.chars().count() <= NAME_CHARS_MAX && name.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn a_name_is_one_of_a_file_below_the_folder() {
        for name in ["late orders", "orders/late by day", "ä_1-2"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", " a", "../a", "a//b", "/a", "a/", "a.b", "a\0b", &"x".repeat(201)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
