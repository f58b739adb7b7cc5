//! Which columns of a result hold personal data: the one decision for the window and the command line. Both show such
//! values masked.

use super::OpenLake;
use crate::RunError;
use crate::support::personal::Personal;
use sluice_api::{Layer, ResultId, ResultView, TableRef};
use sluice_lake::{DeltaStore, Snapshot};
use sluice_query::PersonalColumns;

/// Whether a column of a result is personal. In differences the columns of both sides are (`old.email`, `new.email`).
pub(super) fn is_personal(personal: &PersonalColumns, column: &str) -> bool {
    let of_side = column.strip_prefix("old.").or_else(|| column.strip_prefix("new."));
    personal.contains(of_side.unwrap_or(column))
}

impl OpenLake {
    /// A result of which columns are personal.
    pub(super) fn marked(&self, mut view: ResultView, personal: PersonalColumns) -> ResultView {
        for column in &mut view.columns {
            column.pii = is_personal(&personal, &column.name);
        }
        if !personal.is_empty() {
            self.personal.put(view.id, personal);
        }
        view
    }

    /// A result that was made of another one.
    pub(super) fn marked_like(&self, view: ResultView, base: ResultId) -> ResultView {
        self.marked(view, self.personal.get(base))
    }

    /// The result of rows of a table.
    pub(super) async fn marked_of(&self, view: ResultView, table: &TableRef) -> Result<ResultView, RunError> {
        let personal = self.personal_of(table).await?;
        Ok(self.marked(view, personal))
    }

    /// The personal columns of a table.
    pub(super) async fn personal_of(&self, table: &TableRef) -> Result<PersonalColumns, RunError> {
        let sets = self.contracts.of(&self.lake).await?;
        Ok(Personal { sets: &sets, engine: &self.engine }.of_table(table))
    }

    /// The personal columns of the result of a statement; `more` are personal in the tables that it reads, whatever their
    /// contracts say.
    pub(super) async fn personal_in_sql(&self, sql: &str, more: &PersonalColumns) -> Result<PersonalColumns, RunError> {
        let sets = self.contracts.of(&self.lake).await?;
        Ok(Personal { sets: &sets, engine: &self.engine }.in_sql(sql, more))
    }

    /// The columns of an earlier version of silver that neither the contract nor the latest version has: they may have
    /// been personal, and nobody knows any more.
    pub(super) async fn forgotten_columns(
        &self,
        table: &TableRef,
        store: &DeltaStore,
        snapshot: &Snapshot,
    ) -> Result<PersonalColumns, RunError> {
        if table.layer != Layer::Silver {
            return Ok(PersonalColumns::default());
        }
        let sets = self.contracts.of(&self.lake).await?;
        let contract = sets.iter().find_map(|set| set.contracts.get(&table.name));
        let latest = store.snapshot(None).await?;
        let is_known = |name: &str| {
            contract.is_some_and(|contract| contract.columns.iter().any(|column| column.name == name))
                || latest.as_ref().is_some_and(|latest| latest.schema.column_with_name(name).is_some())
        };
        let names = snapshot.schema.fields().iter().map(|field| field.name().as_str());
        Ok(PersonalColumns::named(names.filter(|name| !is_known(name))))
    }
}
