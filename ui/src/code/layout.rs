//! Text into a galley: colours by span, room under lines that have a note.

use super::note::CodeNote;
use crate::design::{Tokens, typeface};
use egui::{Color32, Galley, Stroke, Ui, text::LayoutJob, text::TextFormat, vec2};
use std::{ops::Range, sync::Arc};

/// Height of a line.
pub(super) const LINE: f32 = 20.0;
/// Height of a note under a line.
pub(super) const NOTE: f32 = 24.0;

/// How a piece of code is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Keywords of SQL.
    Keyword,
    /// Keys of YAML, functions of SQL.
    Key,
    /// Texts.
    Text,
    /// Numbers and other literals.
    Number,
    /// Comments.
    Comment,
}

impl Paint {
    fn color(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Keyword | Self::Key => tokens.info,
            Self::Text => tokens.ok,
            Self::Number => tokens.number,
            Self::Comment => tokens.text_faint,
        }
    }
}

/// A coloured piece of the text, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where, in bytes.
    pub range: Range<usize>,
    /// How.
    pub paint: Paint,
}

/// Lays `text` out without wrapping, with room under the lines of notes unless they are shown `apart`.
pub(super) fn lay_out(
    ui: &Ui,
    tokens: &Tokens,
    text: &str,
    spans: &[Span],
    notes: &[CodeNote],
    apart: bool,
) -> Arc<Galley> {
    let mut job = LayoutJob { break_on_newline: true, keep_trailing_whitespace: true, ..LayoutJob::default() };
    job.wrap.max_width = f32::INFINITY;
    let lines = underlined(text, notes);
    let mut at = 0;
    for span in spans {
        let (start, end) = (span.range.start.max(at), span.range.end.min(text.len()));
        if start >= end || !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            continue;
        }
        append(&mut job, tokens, text, at..start, tokens.text, false, &lines);
        let color = span.paint.color(tokens);
        append(&mut job, tokens, text, start..end, color, span.paint == Paint::Keyword, &lines);
        at = end;
    }
    append(&mut job, tokens, text, at..text.len(), tokens.text, false, &lines);
    let galley = ui.ctx().fonts_mut(|fonts| fonts.layout_job(job));
    if apart || notes.is_empty() { galley } else { spread(&galley, notes) }
}

/// Bytes of the lines that are underlined because a note points into them.
fn underlined(text: &str, notes: &[CodeNote]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    for (number, line) in (1..).zip(text.split('\n')) {
        if let Some(note) = notes.iter().find(|note| note.line == number) {
            let skip = usize::try_from(note.column.max(1) - 1).unwrap_or(0);
            let from = line.char_indices().nth(skip).map_or(0, |(byte, _)| byte);
            let end = line.trim_end().len();
            if from < end {
                ranges.push(at + from..at + end);
            }
        }
        at += line.len() + 1;
    }
    ranges
}

fn append(
    job: &mut LayoutJob,
    tokens: &Tokens,
    text: &str,
    range: Range<usize>,
    color: Color32,
    strong: bool,
    underlined: &[Range<usize>],
) {
    let mut at = range.start;
    while at < range.end {
        let inside = underlined.iter().find(|line| line.contains(&at));
        let next = match inside {
            Some(line) => line.end,
            None => underlined.iter().map(|line| line.start).filter(|start| *start > at).min().unwrap_or(range.end),
        };
        let end = next.min(range.end);
        let font_id = if strong { typeface::mono_strong(13.0) } else { typeface::mono(13.0) };
        let underline = if inside.is_some() { Stroke::new(1.5, tokens.fail) } else { Stroke::NONE };
        let format = TextFormat { font_id, color, underline, line_height: Some(LINE), ..TextFormat::default() };
        job.append(text.get(at..end).unwrap_or_default(), 0.0, format);
        at = end;
    }
}

/// Moves the lines below each note down.
fn spread(galley: &Arc<Galley>, notes: &[CodeNote]) -> Arc<Galley> {
    let mut galley = Galley::clone(galley);
    let mut down = 0.0;
    for (number, row) in (1..).zip(&mut galley.rows) {
        row.pos.y += down;
        #[expect(clippy::cast_precision_loss, reason = "a few notes")]
        let count = notes.iter().filter(|note| note.line == number).count() as f32;
        down += count * NOTE;
    }
    galley.rect.max += vec2(0.0, down);
    galley.mesh_bounds.max += vec2(0.0, down);
    Arc::new(galley)
}
