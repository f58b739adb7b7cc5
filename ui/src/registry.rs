//! Makes the screen of a tab.

use crate::screen::Screen;
use crate::state::Tab;
use crate::{
    bisect, diff, doctor, explain, history, lake_tests, onboard, publish, quality, quarantine, reconcile, records,
    releases, replay, source_changes, sql, table, trace,
};

/// The screen of a tab.
#[must_use]
pub fn screen_of(tab: &Tab) -> Box<dyn Screen> {
    match tab {
        Tab::Table { table } => Box::new(table::TableScreen::new(table.clone())),
        Tab::Replay { table } => Box::new(replay::ReplayScreen::new(table.clone())),
        Tab::Diff { table, versions } => Box::new(diff::DiffScreen::new(table.clone(), *versions)),
        Tab::LakeDiff { table, comparison } => Box::new(diff::DiffScreen::of_sides(table.clone(), comparison.clone())),
        Tab::History { table, key } => Box::new(history::HistoryScreen::new(table.clone(), key.clone())),
        Tab::Explain { table, key } => Box::new(explain::ExplainScreen::new(table.clone(), key.clone())),
        Tab::Reconcile { table } => Box::new(reconcile::ReconcileScreen::new(table.clone())),
        Tab::Bisect { table, key } => Box::new(bisect::BisectScreen::new(table.clone(), key)),
        Tab::Doctor { table } => Box::new(doctor::DoctorScreen::new(table.clone())),
        Tab::Trace { place } => Box::new(trace::TraceScreen::new(place.clone())),
        Tab::LakeTests {} => Box::new(lake_tests::LakeTestsScreen::new()),
        Tab::Quality { table } => Box::new(quality::QualityScreen::new(table.clone())),
        Tab::Quarantine { table } => Box::new(quarantine::QuarantineScreen::new(table.clone())),
        Tab::Records { table, batch } => Box::new(records::RecordsScreen::new(table.clone(), *batch)),
        Tab::Onboard {} => Box::new(onboard::OnboardScreen::new()),
        Tab::Sql { number } => Box::new(sql::SqlScreen::new(*number)),
        Tab::Publish {} => Box::new(publish::PublishScreen::new()),
        Tab::SourceChanges {} => Box::new(source_changes::SourceChangesScreen::new()),
        Tab::Releases {} => Box::new(releases::ReleasesScreen::new()),
    }
}
