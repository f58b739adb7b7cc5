//! Columns of a grid.

use super::GridState;
use egui::Ui;
use sluice_api::ResultColumn;

/// Width bounds of a column, points.
pub(super) const WIDTH_MIN: f32 = 40.0;
pub(super) const WIDTH_MAX: f32 = 1_200.0;

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct GridColumn {
    /// Name in the header.
    pub name: String,
    /// Second line or faint word in the header: a type or a count; may be empty.
    pub note: String,
    /// Numbers stand right.
    pub numeric: bool,
    /// Width before the person changes it; guessed from name and type if `None`.
    pub width: Option<f32>,
    /// Icon after the name, for example the key.
    pub icon: Option<char>,
}

impl GridColumn {
    /// A text column.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), note: String::new(), numeric: false, width: None, icon: None }
    }

    /// A column of a result, with its type as note.
    #[must_use]
    pub fn of_result(column: &ResultColumn) -> Self {
        Self {
            name: column.name.clone(),
            note: column.data_type.clone(),
            numeric: column.numeric,
            width: None,
            icon: None,
        }
    }

    fn natural_width(&self) -> f32 {
        if let Some(width) = self.width {
            return width;
        }
        let by_type: f32 = match self.note.split('(').next().unwrap_or_default() {
            "boolean" => 72.0,
            "tinyint" | "smallint" | "int" | "integer" | "float" | "double" | "decimal" => 96.0,
            "bigint" | "date" | "long" => 104.0,
            "timestamp" | "timestamptz" | "timestamp_ntz" => 176.0,
            _ => 128.0,
        };
        #[expect(clippy::cast_precision_loss, reason = "names are short")]
        let by_name = self.name.chars().count().min(40) as f32 * 7.2 + 24.0;
        by_type.max(by_name)
    }
}

/// Widths in order, those the person dragged first of all.
pub(super) fn widths(_ui: &Ui, columns: &[GridColumn], state: &GridState) -> Vec<f32> {
    columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let width = state.widths.get(&index).copied().unwrap_or_else(|| column.natural_width());
            width.clamp(WIDTH_MIN, WIDTH_MAX)
        })
        .collect()
}
