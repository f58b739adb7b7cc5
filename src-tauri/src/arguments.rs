//! Words after the program's name.

use anyhow::bail;

const USAGE: &str = "sluice-desktop [--lake URL]

Opens the workbench.

  --lake URL   a folder or s3://bucket/prefix; without it the workbench asks
  --version    prints the version
  --help       prints this";

/// What the words ask for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Open the window, on a lake if one is named.
    Window { lake: Option<String> },
    /// Print and leave.
    Print(String),
}

/// Reads the words; an unknown one is an error that shows the usage.
pub(crate) fn read(words: impl Iterator<Item = String>) -> anyhow::Result<Start> {
    let mut lake = None;
    let mut words = words;
    while let Some(word) = words.next() {
        match word.split_once('=') {
            Some(("--lake", url)) if !url.is_empty() => lake = Some(url.to_owned()),
            _ => match word.as_str() {
                "--lake" => match words.next() {
                    Some(url) if !url.is_empty() => lake = Some(url),
                    _ => bail!("--lake needs a folder or URL\n\n{USAGE}"),
                },
                "--help" | "-h" => return Ok(Start::Print(USAGE.to_owned())),
                "--version" | "-V" => return Ok(Start::Print(format!("Sluice {}", env!("CARGO_PKG_VERSION")))),
                other => bail!("`{other}` is not understood\n\n{USAGE}"),
            },
        }
    }
    Ok(Start::Window { lake })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_words(words: &[&str]) -> anyhow::Result<Start> {
        read(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn a_lake_is_named_in_either_way() {
        let named = Start::Window { lake: Some("s3://acme/shop".to_owned()) };
        assert_eq!(read_words(&["--lake", "s3://acme/shop"]).unwrap(), named);
        assert_eq!(read_words(&["--lake=s3://acme/shop"]).unwrap(), named);
        assert_eq!(read_words(&[]).unwrap(), Start::Window { lake: None });
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(read_words(&["--lak"]).unwrap_err().to_string().contains("`--lak`"));
        assert!(read_words(&["--lake"]).is_err());
    }
}
