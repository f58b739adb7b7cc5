//! Keys by the names that the key map shows, such as `Ctrl Enter`.

use anyhow::bail;

/// The characters that WebDriver uses for the keys of `chord`, modifiers first.
pub(crate) fn of_chord(chord: &str) -> anyhow::Result<Vec<String>> {
    chord.split(' ').map(of_key).collect()
}

fn of_key(name: &str) -> anyhow::Result<String> {
    let code = match name {
        "Enter" => '\u{E007}',
        "Shift" => '\u{E008}',
        "Ctrl" => '\u{E009}',
        "Alt" => '\u{E00A}',
        "Esc" => '\u{E00C}',
        "Tab" => '\u{E004}',
        "Backspace" => '\u{E003}',
        "Home" => '\u{E011}',
        "End" => '\u{E010}',
        "Left" => '\u{E012}',
        "Up" => '\u{E013}',
        "Right" => '\u{E014}',
        "Down" => '\u{E015}',
        "F1" => '\u{E031}',
        "F5" => '\u{E035}',
        "F9" => '\u{E039}',
        "F10" => '\u{E03A}',
        single if single.chars().count() == 1 => return Ok(single.to_lowercase()),
        other => bail!("`{other}` is no key that this test knows"),
    };
    Ok(code.to_string())
}
