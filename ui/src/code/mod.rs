//! The code editor of SQL and contracts: line numbers, colours, notes under lines.

mod editor;
mod layout;
mod note;
mod place;
pub(crate) mod sql;
pub(crate) mod sql_words;
mod yaml;

pub use editor::{CodeEditor, CodeOutput, go_to};
pub use layout::{Paint, Span};
pub use note::CodeNote;
pub(crate) use place::place_in;
pub use yaml::colors as yaml_colors;

/// Position in characters of byte `at`.
#[must_use]
pub fn char_position(text: &str, at: usize) -> usize {
    text.char_indices().take_while(|(byte, _)| *byte < at).count()
}

/// Position in bytes of character `at`.
#[must_use]
pub fn byte_position(text: &str, at: usize) -> usize {
    text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte)
}

/// Position in characters of a line and column, both from 1.
#[must_use]
pub fn position_of(text: &str, line: u32, column: u32) -> usize {
    let mut position = 0;
    for (number, content) in (1..).zip(text.split('\n')) {
        let length = content.chars().count();
        if number == line.max(1) {
            return position + length.min(usize::try_from(column.max(1) - 1).unwrap_or(0));
        }
        position += length + 1;
    }
    text.chars().count()
}

/// Line and column of a character, both from 1.
#[must_use]
pub fn place_of(text: &str, at: usize) -> (u32, u32) {
    let mut place = (1, 1);
    for c in text.chars().take(at) {
        place = if c == '\n' { (place.0 + 1, 1) } else { (place.0, place.1 + 1) };
    }
    place
}

#[cfg(test)]
mod tests {
    use super::{byte_position, char_position, place_of, position_of};

    #[test]
    fn places_and_positions_agree() {
        let text = "añb\ncd\n";
        assert_eq!(position_of(text, 2, 2), 5);
        assert_eq!(place_of(text, 5), (2, 2));
        assert_eq!(position_of(text, 9, 9), 7);
        assert_eq!(position_of(text, 1, 99), 3);
        assert_eq!(byte_position(text, 2), 3);
        assert_eq!(char_position(text, 3), 2);
    }
}
