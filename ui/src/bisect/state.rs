//! The state of the screen: what is typed, and what was asked.

use crate::cx::Cx;
use crate::state::{Got, KeyValues};
use sluice_api::{BisectQuestion, Bisection, JobId, Request, TableRef, ask};

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// A row has a value in a column.
    Value,
    /// A row is there.
    There,
    /// A row is not there.
    Gone,
    /// A check does not hold.
    Check,
    /// A statement is true.
    Sql,
}

impl About {
    /// All, with their words.
    pub(super) const ALL: [(Self, &'static str); 5] = [
        (Self::Value, "Value"),
        (Self::There, "Row is there"),
        (Self::Gone, "Row is gone"),
        (Self::Check, "Check fails"),
        (Self::Sql, "SQL is true"),
    ];
}

/// Since when something is so in a table.
pub struct BisectScreen {
    pub(super) table: TableRef,
    pub(super) about: About,
    /// Columns that name the row with their values, as typed: `id = 7, region = eu`.
    pub(super) row: String,
    pub(super) column: String,
    /// Value as typed; `null` is null.
    pub(super) value: String,
    pub(super) check: String,
    pub(super) sql: String,
    /// What was asked last.
    pub(super) asked: Option<(BisectQuestion, JobId)>,
    /// A field took the focus once.
    pub(super) begun: bool,
}

impl BisectScreen {
    /// The screen, with a row if one was selected.
    #[must_use]
    pub fn new(table: TableRef, key: &KeyValues) -> Self {
        let row =
            if key.is_personal { String::new() } else { key.columns.iter().map(part).collect::<Vec<_>>().join(", ") };
        let sql = format!("SELECT count(*) = 0, count(*) FROM {table}");
        Self {
            table,
            about: About::Value,
            row,
            column: String::new(),
            value: String::new(),
            check: String::new(),
            sql,
            asked: None,
            begun: false,
        }
    }

    /// What is typed as a question, or what it lacks.
    pub(super) fn question(&self) -> Result<BisectQuestion, &'static str> {
        let text = |text: &str, why: &'static str| {
            let text = text.trim();
            if text.is_empty() { Err(why) } else { Ok(text.to_owned()) }
        };
        Ok(match self.about {
            About::Value => {
                let value = text(&self.value, "Write the value as the table shows it, or null")?;
                BisectQuestion::Value {
                    key: self.key()?,
                    column: text(&self.column, "Write the name of a column")?,
                    value: (value != "null").then_some(value),
                }
            }
            About::There => BisectQuestion::Row { key: self.key()?, is_there: true },
            About::Gone => BisectQuestion::Row { key: self.key()?, is_there: false },
            About::Check => {
                BisectQuestion::Check { check: text(&self.check, "Write a check, for example min_value(total, 0)")? }
            }
            About::Sql => {
                BisectQuestion::Sql { sql: text(&self.sql, "Write a SELECT whose first column is a condition")? }
            }
        })
    }

    fn key(&self) -> Result<Vec<(String, String)>, &'static str> {
        const WHY: &str = "Write which row, for example id = 42; with a comma between columns";
        let parts = self.row.split(',').map(|part| {
            let (name, value) = part.split_once('=').ok_or(WHY)?;
            let (name, value) = (name.trim(), value.trim());
            if name.is_empty() || value.is_empty() { Err(WHY) } else { Ok((name.to_owned(), value.to_owned())) }
        });
        parts.collect()
    }

    /// Asks what is typed.
    pub(super) fn search(&mut self, cx: &mut Cx<'_>) {
        if let Ok(question) = self.question() {
            let job = cx.new_job();
            self.asked = Some((question, job));
            if let Some(request) = self.request() {
                cx.send(request);
            }
        }
    }

    pub(super) fn request(&self) -> Option<Request> {
        let (question, job) = self.asked.clone()?;
        Some(Request::Bisect { table: self.table.clone(), question, reveal: false, job })
    }

    /// The answer, as far as it is here.
    pub(super) fn got<'a>(&self, cx: &Cx<'a>) -> Option<Got<'a, Bisection>> {
        let (question, _) = self.asked.clone()?;
        Some(cx.store.got::<ask::Bisect>(&(self.table.clone(), question, false)))
    }

    /// Stops the search under way; whether there was one.
    pub(super) fn stop(&self, cx: &mut Cx<'_>) -> bool {
        let pending = self.got(cx).is_some_and(|got| got.pending);
        if let Some((_, job)) = self.asked.as_ref().filter(|_| pending) {
            cx.send(Request::Cancel { job: *job });
        }
        pending
    }
}

fn part((name, value): &(String, String)) -> String {
    format!("{name} = {value}")
}
