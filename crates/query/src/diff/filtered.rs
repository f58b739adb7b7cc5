//! A difference of which only the rows count that hold a condition of a person.

use crate::diff::Changes;
use crate::diff::changed_rows::Pair;
use crate::engine::QueryEngine;
use crate::error::QueryError;
use crate::sql::text::Sql;
use sluice_api::ResultView;

impl QueryEngine {
    /// The rows of a difference that hold the condition, and their counts. The condition is read, limited and run as any
    /// of a person's; `base` is gone afterwards.
    pub(super) fn filtered(
        &self,
        base: &ResultView,
        condition: &str,
        pairs: &[Pair],
        keys: &[usize],
    ) -> Result<(ResultView, Changes), QueryError> {
        let refined = self.refine(base.id, Some(condition), None);
        self.drop_result(base.id);
        let refined = refined?;
        match self.count_changes(&refined, pairs, keys) {
            Ok(changes) => Ok((refined, changes)),
            Err(error) => {
                self.drop_result(refined.id);
                Err(error)
            }
        }
    }

    /// The result may be in the process of people's SQL, so it is counted by conditions, too.
    fn count_changes(&self, rows: &ResultView, pairs: &[Pair], keys: &[usize]) -> Result<Changes, QueryError> {
        let count = |condition: &Sql| -> Result<u64, QueryError> {
            let found = self.refine(rows.id, Some(condition.as_str()), None)?;
            self.drop_result(found.id);
            Ok(found.rows)
        };
        let inserted = count(&Sql::new("\"_change\" = '+'"))?;
        let updated = count(&Sql::new("\"_change\" = '~'"))?;
        let columns = pairs
            .iter()
            .enumerate()
            .map(|(at, pair)| if keys.contains(&at) || updated == 0 { Ok(0) } else { count(&pair.changed()) });
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(Changes { inserted, updated, deleted: rows.rows.saturating_sub(inserted + updated), columns })
    }
}
