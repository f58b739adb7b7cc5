//! Publishing in one call, for tests.

use sluice_api::{PublishPlan, PublishScope, PublishedView, TableName, TableRef};
use sluice_lake::Lake;
use sluice_publish::{Author, Contents, Publication, PublishError, contents, plan_document};

/// A contract of one column.
pub(crate) const ORDERS: &str = "dataset: shop.orders\nschema:\n- {name: id, type: int, primary_key: true}\n";
/// What the tests call their engine.
pub(crate) const ENGINE: &str = "sluice/test";

/// `shop.<table>`.
pub(crate) fn name(table: &str) -> TableName {
    TableName::new("shop", table).unwrap()
}

/// A contract of one column and more entries of its schema.
pub(crate) fn contract(table: &str, more: &str) -> String {
    ORDERS.replace("shop.orders", &format!("shop.{table}")) + more
}

/// An empty lake in a folder.
pub(crate) async fn empty_lake() -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
    (folder, lake)
}

/// A lake whose draft is [`ORDERS`].
pub(crate) async fn new_lake() -> (tempfile::TempDir, Lake) {
    let (folder, lake) = empty_lake().await;
    put(&lake, ORDERS).await;
    (folder, lake)
}

/// Writes the draft of orders.
pub(crate) async fn put(lake: &Lake, text: &str) {
    lake.ledger().put_contract(&name("orders"), text).await.unwrap();
}

/// The tables that a text names: every word `layer.dataset.table`.
pub(crate) fn reads(sql: &str) -> Vec<TableRef> {
    let words = sql.split(|letter: char| !letter.is_alphanumeric() && letter != '.' && letter != '_');
    words.filter(|word| word.matches('.').count() == 2).filter_map(|word| word.parse().ok()).collect()
}

/// What a release of this scope would hold.
pub(crate) async fn contents_of(lake: &Lake, scope: &PublishScope) -> Result<Contents, PublishError> {
    contents(lake, scope, &reads).await
}

/// The plan of the draft.
pub(crate) async fn plan(lake: &Lake) -> Result<PublishPlan, PublishError> {
    plan_of(lake, &PublishScope::Draft).await
}

/// The plan of a scope.
pub(crate) async fn plan_of(lake: &Lake, scope: &PublishScope) -> Result<PublishPlan, PublishError> {
    let contents = contents_of(lake, scope).await?;
    sluice_publish::plan(lake, &contents, plan_document(&contents, ENGINE)).await
}

/// Who publishes what.
pub(crate) fn publication(
    contents: &Contents,
    release: u64,
    base: Option<u64>,
    message: &str,
    author: &str,
) -> Publication {
    Publication {
        release,
        base,
        author: Some(Author::new(author).unwrap()),
        usual_author: None,
        message: message.to_owned(),
        plan: plan_document(contents, ENGINE),
        during_incident: false,
        without_tests: None,
        now_ms: 1_000,
    }
}

/// Publishes the draft.
pub(crate) async fn publish(
    lake: &Lake,
    release: u64,
    base: Option<u64>,
    message: &str,
    author: &str,
    now_ms: i64,
) -> Result<PublishedView, PublishError> {
    let contents = contents_of(lake, &PublishScope::Draft).await?;
    let publication = Publication { now_ms, ..publication(&contents, release, base, message, author) };
    sluice_publish::publish(lake, &contents, &publication).await
}

/// Publishes a scope on top of what is current.
pub(crate) async fn publish_scope(
    lake: &Lake,
    scope: &PublishScope,
    message: &str,
) -> Result<PublishedView, PublishError> {
    let contents = contents_of(lake, scope).await?;
    let next = sluice_publish::plan(lake, &contents, plan_document(&contents, ENGINE)).await?.next;
    let publication = publication(&contents, next, contents.base_release(), message, "anna");
    sluice_publish::publish(lake, &contents, &publication).await
}
