//! A contract or model as text, and the hash of a set of them.

use serde::{Deserialize, Serialize};
use sluice_api::{Layer, TableRef};
use sluice_contract::{Contract, LakeTest, TableName};

/// A text of a release or of the draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) path: String,
    pub(crate) text: String,
    /// Of the text, hex.
    pub(crate) blake3: String,
}

impl Document {
    pub(crate) fn new(path: String, text: String) -> Self {
        let blake3 = blake3::hash(text.as_bytes()).to_hex().to_string();
        Self { path, text, blake3 }
    }

    /// Whether the text still has its hash.
    pub(crate) fn is_intact(&self) -> bool {
        blake3::hash(self.text.as_bytes()).to_hex().as_str() == self.blake3
    }

    /// The table of a contract, also of one with a mistake; `None` if its text and place name none.
    pub(crate) fn contract_table(&self) -> Option<TableRef> {
        let name = match Contract::parse(&self.text, &self.path) {
            Ok(contract) => Some(contract.name),
            Err(_) => named_table(&self.path, &self.text),
        };
        name.map(|name| TableRef { layer: Layer::Silver, name })
    }

    /// The table of a test, by its path.
    pub(crate) fn tested_table(&self) -> Option<TableRef> {
        LakeTest::table_of(&self.path).ok().map(|name| TableRef { layer: Layer::Silver, name })
    }

    /// The gold table of a model, by its path.
    pub(crate) fn model_table(&self) -> Option<TableRef> {
        model_name(&self.path).map(|name| TableRef { layer: Layer::Gold, name })
    }
}

/// The table that a text which is no contract is of: by its entry `dataset`, else by its place
/// `contracts/<dataset>/<table>.yaml`.
pub(crate) fn named_table(path: &str, text: &str) -> Option<TableName> {
    let entry = text.lines().find_map(|line| line.strip_prefix("dataset:"));
    let entry = entry.map(|value| value.split('#').next().unwrap_or_default());
    let named = entry.and_then(|value| value.trim().trim_matches(['"', '\'']).parse().ok());
    named.or_else(|| {
        let place = path.strip_prefix("contracts/")?.rsplit_once('.')?.0;
        place.replace('/', ".").parse().ok()
    })
}

/// The table of `models/<dataset>/<model>.sql`.
pub(crate) fn model_name(path: &str) -> Option<TableName> {
    let (dataset, model) = path.strip_prefix("models/")?.strip_suffix(".sql")?.split_once('/')?;
    TableName::new(dataset, model).ok()
}

/// BLAKE3 over kinds, paths and hashes of all texts, in order of the paths.
pub(crate) fn set_hash(contracts: &[Document], models: &[Document], tests: &[Document]) -> String {
    let mut hasher = blake3::Hasher::new();
    for (kind, documents) in [("contract", contracts), ("model", models), ("test", tests)] {
        let mut documents: Vec<&Document> = documents.iter().collect();
        documents.sort_by(|a, b| a.path.cmp(&b.path));
        for document in documents {
            hasher.update(format!("{kind}\0{}\0{}\n", document.path, document.blake3).as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn a_text_with_a_mistake_is_still_of_its_table() {
        let named = |path: &str, text: &str| {
            let table = Document::new(path.to_owned(), text.to_owned()).contract_table();
            table.map(|table| table.to_string())
        };
        let entry = "# carts\ndataset: \"shop.carts\" # the table\nschema: [";
        assert_eq!(named("contracts/elsewhere.yaml", entry).as_deref(), Some("silver.shop.carts"));
        assert_eq!(named("contracts/shop/orders.yaml", "schema: [").as_deref(), Some("silver.shop.orders"));
        assert_eq!(named("contracts/orders.yaml", "schema: ["), None);
        let flow = "{dataset: shop.flow, schema: [{name: id, type: int, primary_key: true}]}";
        assert_eq!(named("contracts/a.yaml", flow).as_deref(), Some("silver.shop.flow"));
    }
}
