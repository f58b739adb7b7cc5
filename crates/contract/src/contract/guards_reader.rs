//! Reads `guards`.

use super::Reader;
use crate::document::GuardsDocument;
use crate::{GuardAction, Guards};
use serde_saphyr::Spanned;

impl Reader<'_> {
    /// Reads `guards`; what is not written is as [`Guards::default`] has it.
    pub(super) fn guards(&mut self, written: Option<&GuardsDocument>) -> Guards {
        let defaults = Guards::default();
        let Some(written) = written else { return defaults };
        let GuardsDocument { max_deleted_share, max_deleted_rows, truncate, empty_load } = written;
        if let Some(share) = max_deleted_share
            && !(0.0..=1.0).contains(&share.value)
        {
            self.problem(share, "The share of deleted rows is from 0 to 1", "Write for example 0.2 for 20 %");
        }
        Guards {
            max_deleted_share: max_deleted_share.as_ref().map_or(defaults.max_deleted_share, |share| share.value),
            max_deleted_rows: max_deleted_rows.unwrap_or(defaults.max_deleted_rows),
            truncate: self.guard_action(truncate.as_ref()),
            empty_load: self.guard_action(empty_load.as_ref()),
        }
    }

    fn guard_action(&mut self, text: Option<&Spanned<String>>) -> GuardAction {
        match text.map(|text| text.value.as_str()) {
            None | Some("hold") => GuardAction::Hold,
            Some("allow") => GuardAction::Allow,
            Some(other) => {
                if let Some(place) = text {
                    self.problem(place, format!("`{other}` is not what a guard does"), "Use hold or allow");
                }
                GuardAction::Hold
            }
        }
    }
}
