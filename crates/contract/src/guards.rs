//! Which batches wait for a person before they are merged.

use crate::limits;

/// Guards of one table. They look at what a batch would do to its rows, before its commit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guards {
    /// Share of the live rows, 0 to 1, more than which a batch may not delete,
    pub max_deleted_share: f64,
    /// unless it deletes no more than so many rows.
    pub max_deleted_rows: u64,
    /// A truncate that would remove rows.
    pub truncate: GuardAction,
    /// A full load without a record, of a table that has rows.
    pub empty_load: GuardAction,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_deleted_share: limits::GUARD_DELETED_SHARE_DEFAULT,
            max_deleted_rows: limits::GUARD_DELETED_ROWS_DEFAULT,
            truncate: GuardAction::Hold,
            empty_load: GuardAction::Hold,
        }
    }
}

impl Guards {
    /// Guards that hold nothing.
    #[must_use]
    pub fn off() -> Self {
        let (truncate, empty_load) = (GuardAction::Allow, GuardAction::Allow);
        Self { max_deleted_share: 1.0, truncate, empty_load, ..Self::default() }
    }

    /// Whether a batch deletes too many rows. `live`: rows before it.
    #[must_use]
    pub fn deletes_too_many(&self, deleted: u64, live: u64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "a share for a limit")]
        let share = deleted as f64 / live.max(1) as f64;
        deleted > self.max_deleted_rows && share > self.max_deleted_share
    }

    /// All limits in one line, by which it is known whether a batch was held by the guards as they are now.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { max_deleted_share, max_deleted_rows, truncate, empty_load } = self;
        let (truncate, empty_load) = (truncate.as_str(), empty_load.as_str());
        format!(
            "max_deleted_share {max_deleted_share}, max_deleted_rows {max_deleted_rows}, truncate {truncate}, \
             empty_load {empty_load}"
        )
    }
}

/// What becomes of a batch that a guard is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GuardAction {
    /// `hold`, the default: it waits until a person decides.
    #[default]
    Hold,
    /// `allow`: it is merged.
    Allow,
}

impl GuardAction {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Allow => "allow",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Guards;

    #[test]
    fn both_limits_have_to_be_exceeded() {
        let guards = Guards::default();
        assert!(!guards.deletes_too_many(1_000, 1_000), "so few are never held");
        assert!(!guards.deletes_too_many(2_000, 10_000), "exactly the share");
        assert!(guards.deletes_too_many(2_001, 10_000));
        assert!(!guards.deletes_too_many(0, 0));
        assert!(!Guards { max_deleted_share: 1.0, ..guards }.deletes_too_many(5_000, 5_000), "a share of 1 allows all");
    }
}
