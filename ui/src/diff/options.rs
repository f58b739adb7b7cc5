//! What counts as a difference: the key, columns that are left out, tolerances, a condition, another table or lake.

use crate::design::{TokensExt, icon, typeface};
use crate::state::Comparison;
use crate::widget::{Button, TextField};
use egui::{Align2, Frame, Margin, Popup, PopupCloseBehavior, Ui, vec2};
use sluice_api::{DiffOptions, SideLake, SideVersion, TableRef};

const WIDTH: f32 = 340.0;

/// The fields as they are typed.
#[derive(Clone, Debug, Default)]
pub(super) struct OptionTexts {
    key: String,
    ignore: String,
    tolerance: String,
    filter: String,
    table: String,
    lake: String,
    /// What is wrong with one of them.
    problem: Option<String>,
}

fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

impl OptionTexts {
    /// Those of a comparison.
    pub(super) fn of(comparison: &Comparison) -> Self {
        let DiffOptions { key, ignore, tolerance, filter } = &comparison.options;
        let tolerances: Vec<String> = tolerance.iter().map(|(column, by)| format!("{column}={by}")).collect();
        Self {
            key: key.join(", "),
            ignore: ignore.join(", "),
            tolerance: tolerances.join(", "),
            filter: filter.clone().unwrap_or_default(),
            table: comparison.from_table.as_ref().map(ToString::to_string).unwrap_or_default(),
            lake: match &comparison.from.0 {
                SideLake::Other(url) => url.clone(),
                SideLake::Open | SideLake::Production | SideLake::Sandbox(_) => String::new(),
            },
            problem: None,
        }
    }

    /// The comparison with what is typed.
    fn read(&self, now: &Comparison) -> Result<Comparison, String> {
        let tolerance = names(&self.tolerance).into_iter().map(|each| match each.split_once('=') {
            Some((column, by)) => Ok((column.trim().to_owned(), by.trim().to_owned())),
            None => Err(format!("`{each}` is no tolerance, write for example total=0.01")),
        });
        let table = self.table.trim();
        let from_table = match table.parse::<TableRef>() {
            _ if table.is_empty() => None,
            Ok(table) => Some(table),
            Err(_) => return Err(format!("`{table}` is no table, write for example silver.shop.orders")),
        };
        let from = match self.lake.trim() {
            "" if matches!(now.from.0, SideLake::Other(_)) => (SideLake::Production, SideVersion::Latest),
            "" => now.from.clone(),
            lake if now.from.0 == SideLake::Other(lake.to_owned()) => now.from.clone(),
            lake => (SideLake::Other(lake.to_owned()), SideVersion::Latest),
        };
        let filter = Some(self.filter.trim().to_owned()).filter(|text| !text.is_empty());
        let (key, ignore) = (names(&self.key), names(&self.ignore));
        let options = DiffOptions { key, ignore, tolerance: tolerance.collect::<Result<_, _>>()?, filter };
        Ok(Comparison { from, to: now.to.clone(), from_table, options })
    }

    /// The button and, while it is open, the fields; another comparison once one was asked for.
    pub(super) fn show(&mut self, ui: &mut Ui, now: &Comparison) -> Option<Comparison> {
        let set = now.options != DiffOptions::default() || now.from_table.is_some();
        let opener =
            Button::new("Options…").icon(icon::TUNE).selected(set).tooltip("What counts as a difference").show(ui);
        let mut asked = None;
        Popup::menu(&opener).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
            Frame::NONE.inner_margin(Margin::same(8)).show(ui, |ui| {
                let tokens = ui.tokens();
                ui.set_width(WIDTH);
                ui.spacing_mut().item_spacing.y = 4.0;
                let fields: [(&mut String, &str, &str); 6] = [
                    (&mut self.key, "Key columns", "those of the contract or model"),
                    (&mut self.ignore, "Columns not compared", "updated_at, loaded_at"),
                    (&mut self.tolerance, "Tolerance", "total=0.01"),
                    (&mut self.filter, "Only changed rows where", "new.status = 'paid'"),
                    (&mut self.table, "Table before, by another name", "silver.shop.orders_old"),
                    (&mut self.lake, "Lake before", "a folder or s3:// URL"),
                ];
                for (text, name, hint) in fields {
                    // The field itself is called so; the caption is for the eye.
                    let (_, caption) = ui.allocate_space(vec2(ui.available_width(), 16.0));
                    let font = typeface::control();
                    ui.painter().text(caption.left_center(), Align2::LEFT_CENTER, name, font, tokens.text_weak);
                    TextField::new(text, name).hint(hint).mono().show(ui);
                }
                if let Some(problem) = &self.problem {
                    let text = typeface::text(problem, typeface::control(), tokens.fail);
                    ui.add(egui::Label::new(text).wrap());
                }
                ui.add_space(4.0);
                ui.horizontal(|ui| {
                    if Button::new("Compare").primary().height(32.0).show(ui).clicked() {
                        match self.read(now) {
                            Ok(comparison) => {
                                self.problem = None;
                                asked = Some(comparison);
                                ui.close();
                            }
                            Err(problem) => self.problem = Some(problem),
                        }
                    }
                    if set && Button::new("Without options").quiet().height(32.0).show(ui).clicked() {
                        asked = Some(Comparison { from_table: None, options: DiffOptions::default(), ..now.clone() });
                        ui.close();
                    }
                });
            });
        });
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::OptionTexts;
    use crate::state::Comparison;
    use sluice_api::{SideLake, SideVersion};

    #[test]
    fn what_is_typed_is_what_is_compared() {
        let plain = Comparison::of_versions(1, 2);
        assert_eq!(OptionTexts::default().read(&plain), Ok(plain.clone()));
        let texts = OptionTexts {
            key: "id, day".to_owned(),
            ignore: "updated_at".to_owned(),
            tolerance: "total=0.01, tax = 1".to_owned(),
            filter: "status = 'paid'".to_owned(),
            table: "silver.shop.old".to_owned(),
            lake: "/other".to_owned(),
            problem: None,
        };
        let read = texts.read(&plain).unwrap();
        assert_eq!(read.options.key, ["id", "day"]);
        assert_eq!(read.options.tolerance[1], ("tax".to_owned(), "1".to_owned()));
        assert_eq!(read.from, (SideLake::Other("/other".to_owned()), SideVersion::Latest));
        assert_eq!(OptionTexts::of(&read).read(&read), Ok(read));
        let wrong = OptionTexts { tolerance: "total".to_owned(), ..OptionTexts::default() };
        assert!(wrong.read(&plain).unwrap_err().contains("total=0.01"));
        let wrong = OptionTexts { table: "no table".to_owned(), ..OptionTexts::default() };
        assert!(wrong.read(&plain).is_err());
    }
}
