//! The window as a person knows it: names on it, clicks, keys, pictures.

use crate::display::{Server, start_display, start_driver};
use crate::driver::Session;
use crate::{keys, pictures, script};
use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A machine that does much else takes long; only a test that fails waits for it.
const TIMEOUT: Duration = Duration::from_secs(60);
const QUIET: Duration = Duration::from_millis(600);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Longer than the time between two updates of the names.
const STANDS: Duration = Duration::from_millis(150);

/// A running workbench. Fields end in the order they stand in: window, driver, display, files.
pub(crate) struct Window {
    session: Session,
    _driver: Server,
    _display: Server,
    _files: TempDir,
    display: String,
}

/// An element of the mirror.
#[derive(Debug, Deserialize)]
pub(crate) struct Element {
    pub(crate) name: String,
    x: f64,
    y: f64,
    disabled: bool,
}

impl Element {
    fn stands_as(&self, before: &Self) -> bool {
        (self.x - before.x).abs() < 1.0 && (self.y - before.y).abs() < 1.0
    }
}

impl Window {
    /// Starts the workbench on a lake.
    pub(crate) fn open(lake: &Path) -> anyhow::Result<Self> {
        let program = std::env::var_os("SLUICE_DESKTOP").map(PathBuf::from);
        let program = program.context("SLUICE_DESKTOP names no program; run `cargo xtask window`")?;
        let files = tempfile::tempdir()?;
        let (display_server, display) = start_display()?;
        let (driver, address) = start_driver(&display, files.path())?;
        let words = ["--lake".to_owned(), lake.display().to_string()];
        let session = Session::start(&address, &program, &words)?;
        let begun = Instant::now();
        while session.run(script::LET_CLICKS_THROUGH, &[])? != true {
            if begun.elapsed() > TIMEOUT {
                let page = session.run(script::WHAT_STARTED, &[]).unwrap_or_default();
                bail!("the screens did not start within {} s; of the page is known: {page}", TIMEOUT.as_secs());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(Self { session, _driver: driver, _display: display_server, _files: files, display })
    }

    /// Waits until something on the screen has this name or begins with it.
    pub(crate) fn wait_for(&self, name: &str) -> anyhow::Result<Element> {
        self.wait_for_role(None, name)
    }

    /// Waits until nothing on the screen has this name or begins with it.
    pub(crate) fn wait_until_gone(&self, name: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        while self.find(None, name)?.is_some_and(|element| element.name.starts_with(name)) {
            if begun.elapsed() > TIMEOUT {
                bail!("`{name}` is still on the screen after {} s", TIMEOUT.as_secs());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Clicks the middle of what has this name, once it can be clicked.
    pub(crate) fn click(&self, name: &str) -> anyhow::Result<()> {
        self.click_at_rest(None, name)
    }

    /// Clicks a button.
    pub(crate) fn click_button(&self, name: &str) -> anyhow::Result<()> {
        self.click_at_rest(Some("button"), name)
    }

    /// A person points at what stands still: the names may be those of a frame before a panel opened.
    fn click_at_rest(&self, role: Option<&str>, name: &str) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut element = self.wait_for_role(role, name)?;
        loop {
            std::thread::sleep(STANDS);
            let now = self.wait_for_role(role, name)?;
            if now.stands_as(&element) || begun.elapsed() > TIMEOUT {
                return self.click_at(&now);
            }
            element = now;
        }
    }

    /// Presses keys together, such as `Ctrl Enter`.
    pub(crate) fn press(&self, chord: &str) -> anyhow::Result<()> {
        let keys = keys::of_chord(chord)?;
        let down = keys.iter().map(|key| json!({ "type": "keyDown", "value": key }));
        let up = keys.iter().rev().map(|key| json!({ "type": "keyUp", "value": key }));
        self.keyboard(&down.chain(up).collect::<Vec<Value>>())
    }

    /// Types text into what has the focus.
    pub(crate) fn type_text(&self, text: &str) -> anyhow::Result<()> {
        let strokes = text.chars().flat_map(|letter| {
            let key = letter.to_string();
            [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
        });
        self.keyboard(&strokes.collect::<Vec<Value>>())
    }

    /// Waits until no answer is awaited and the names on the screen stay the same: fades have ended.
    pub(crate) fn settle(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut before = self.names()?;
        let mut since = Instant::now();
        while since.elapsed() < QUIET && begun.elapsed() < TIMEOUT {
            std::thread::sleep(LOOK_EVERY);
            let now = self.names()?;
            if now != before || self.session.run(script::IS_IDLE, &[])? == false {
                before = now;
                since = Instant::now();
            }
        }
        Ok(())
    }

    /// All names on the screen.
    pub(crate) fn names(&self) -> anyhow::Result<Vec<String>> {
        Ok(serde_json::from_value(self.session.run(script::NAMES, &[])?)?)
    }

    /// Runs JavaScript in the page.
    pub(crate) fn run(&self, script: &str) -> anyhow::Result<Value> {
        self.session.run(script, &[])
    }

    /// Takes a picture of the whole display dark and one light, as `NAME-dark.png` and `NAME-light.png`.
    pub(crate) fn pictures(&self, folder: &Path, name: &str) -> anyhow::Result<()> {
        for theme in ["dark", "light"] {
            self.settle()?;
            self.picture(&folder.join(format!("{name}-{theme}.png")))?;
            // By keys: a pointer that rests on the button would leave its tooltip in the picture.
            self.press("Ctrl k")?;
            self.type_text("switch dark")?;
            self.press("Enter")?;
        }
        self.settle()
    }

    /// Takes a picture of the whole display, as a person sees it.
    pub(crate) fn picture(&self, file: &Path) -> anyhow::Result<()> {
        let status = Command::new("import")
            .args(["-display", &self.display, "-window", "root", "-strip"])
            // A picture of flat colours: a palette keeps it small in the repository.
            .args(["+dither", "-colors", "255"])
            .arg(format!("png8:{}", file.display()))
            .status()
            .context("cannot start `import` of ImageMagick")?;
        if !status.success() {
            bail!("no picture could be taken ({status})");
        }
        Ok(())
    }

    fn wait_for_role(&self, role: Option<&str>, name: &str) -> anyhow::Result<Element> {
        let begun = Instant::now();
        loop {
            match self.find(role, name)? {
                Some(element) if !element.disabled => return Ok(element),
                found if begun.elapsed() > TIMEOUT => {
                    self.picture(&pictures::folder()?.join("failed.png"))?;
                    let state = if found.is_some() { "is disabled" } else { "is not on the screen" };
                    bail!(
                        "`{name}` {state} after {} s; there are:\n  {}",
                        TIMEOUT.as_secs(),
                        self.names()?.join("\n  ")
                    );
                }
                _ => std::thread::sleep(LOOK_EVERY),
            }
        }
    }

    fn find(&self, role: Option<&str>, name: &str) -> anyhow::Result<Option<Element>> {
        let found = self.session.run(script::FIND, &[json!(name), json!(role)])?;
        Ok(serde_json::from_value(found)?)
    }

    fn click_at(&self, element: &Element) -> anyhow::Result<()> {
        let steps = json!([
            { "type": "pointerMove", "duration": 0, "x": element.x.round(), "y": element.y.round(), "origin": "viewport" },
            { "type": "pause", "duration": 50 },
            { "type": "pointerDown", "button": 0 },
            { "type": "pause", "duration": 50 },
            { "type": "pointerUp", "button": 0 },
        ]);
        let pointer = json!({ "pointerType": "mouse" });
        self.session
            .act(&json!({ "type": "pointer", "id": "mouse", "parameters": pointer, "actions": steps }))
            .with_context(|| format!("cannot click `{}`", element.name))
    }

    fn keyboard(&self, strokes: &[Value]) -> anyhow::Result<()> {
        self.session.act(&json!({ "type": "key", "id": "keyboard", "actions": strokes }))
    }
}
