//! Points of a result: all of a small one, evenly spread pages of a large one.

use super::scale::{Scale, seconds_of};
use crate::cell::Page;
use crate::state::{PAGE_ROWS, PageCache, PageState};
use sluice_api::{ResultId, ResultView};
use std::collections::BTreeMap;

/// Rows that are read for a chart.
pub(super) const ROWS_MAX: u64 = 5_000;

/// Which columns are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Axes {
    /// Column along the bottom.
    pub x: usize,
    /// Column of the height.
    pub y: usize,
    /// Column that splits the series.
    pub color: Option<usize>,
}

/// One row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
    /// Position in [`Sample::groups`].
    pub group: usize,
}

/// Points that were read so far.
pub(super) struct Sample {
    result: ResultId,
    axes: Axes,
    scale: Scale,
    waiting: Vec<u64>,
    /// Points in the order of the rows.
    pub points: Vec<Point>,
    /// Words along the bottom, when it has words.
    pub words: Vec<String>,
    /// Names of the series in the order they came.
    pub groups: Vec<String>,
    /// Rows of the result.
    pub rows: u64,
    /// Rows that were read.
    pub read: u64,
    /// Why a page could not be read.
    pub error: Option<String>,
    word_index: BTreeMap<String, usize>,
    group_index: BTreeMap<String, usize>,
}

impl Sample {
    /// Nothing read yet.
    pub(super) fn new(view: &ResultView, axes: &Axes) -> Self {
        let size = u64::from(PAGE_ROWS);
        let pages = view.rows.div_ceil(size);
        let most = ROWS_MAX / size;
        let waiting = if pages <= most {
            (0..pages).collect()
        } else {
            (0..most).map(|index| index * (pages - 1) / (most - 1)).collect()
        };
        Self {
            result: view.id,
            axes: axes.clone(),
            scale: view.columns.get(axes.x).map_or(Scale::Number, Scale::of),
            waiting,
            points: Vec::new(),
            words: Vec::new(),
            groups: Vec::new(),
            rows: view.rows,
            read: 0,
            error: None,
            word_index: BTreeMap::new(),
            group_index: BTreeMap::new(),
        }
    }

    /// Whether it is of this result and these columns.
    pub(super) fn is_of(&self, result: ResultId, axes: &Axes) -> bool {
        self.result == result && self.axes == *axes
    }

    /// Every page it wants is here.
    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Not every row is in it.
    pub(super) fn is_part(&self) -> bool {
        self.rows > ROWS_MAX
    }

    /// Takes the pages that are here and asks for more.
    pub(super) fn pull(&mut self, pages: &mut PageCache) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|page| match pages.row(self.result, page * u64::from(PAGE_ROWS)) {
            PageState::Ready(page, _) => {
                self.take(page);
                false
            }
            PageState::Failed(error) => {
                self.error = Some(error.message.clone());
                false
            }
            PageState::Pending => true,
        });
        self.waiting = waiting;
    }

    fn take(&mut self, page: &Page) {
        for row in 0..page.rows() {
            self.read += 1;
            let x = page.cell(row, self.axes.x);
            let y = page.cell(row, self.axes.y);
            let Some(y) = y.text.parse::<f64>().ok().filter(|y| y.is_finite() && !x.is_null) else { continue };
            let x = match self.scale {
                Scale::Number => x.text.parse::<f64>().ok().filter(|x| x.is_finite()),
                Scale::Time => seconds_of(&x.text),
                #[expect(clippy::cast_precision_loss, reason = "at most a few thousand words")]
                Scale::Word => Some(index_of(&mut self.word_index, &mut self.words, x.text) as f64),
            };
            let Some(x) = x else { continue };
            let group = match self.axes.color {
                Some(column) => {
                    let name = page.cell(row, column).text;
                    index_of(&mut self.group_index, &mut self.groups, name)
                }
                None => 0,
            };
            self.points.push(Point { x, y, group });
        }
    }
}

fn index_of(index: &mut BTreeMap<String, usize>, names: &mut Vec<String>, name: String) -> usize {
    if let Some(known) = index.get(&name) {
        return *known;
    }
    names.push(name.clone());
    index.insert(name, names.len() - 1);
    names.len() - 1
}
