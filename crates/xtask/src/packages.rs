//! System packages: on Debian and Ubuntu what is missing is installed, elsewhere it is named.

use crate::process::{output, program, run, shown, succeeds};
use anyhow::bail;
use std::path::Path;

/// What a package is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Compiling the engine and the window.
    Build,
    /// Running the window without a screen: tests, screenshots, measurements.
    VirtualWindow,
    /// Tests that ask other people's readers, written in Python, and databases.
    Tests,
    /// A compiler for WebAssembly where rustup cannot bring one.
    WebCompiler,
}

struct Package {
    name: &'static str,
    need: Need,
    /// A file or program that shows it is there where packages go by other names.
    sign: &'static str,
}

const PACKAGES: &[Package] = &[
    Package { name: "g++", need: Need::Build, sign: "c++" },
    Package { name: "make", need: Need::Build, sign: "make" },
    Package { name: "pkg-config", need: Need::Build, sign: "pkg-config" },
    Package { name: "patchelf", need: Need::Build, sign: "patchelf" },
    Package { name: "libwebkit2gtk-4.1-dev", need: Need::Build, sign: "pkg-config:webkit2gtk-4.1" },
    Package { name: "xvfb", need: Need::VirtualWindow, sign: "Xvfb" },
    Package { name: "webkit2gtk-driver", need: Need::VirtualWindow, sign: "WebKitWebDriver" },
    Package { name: "libgl1-mesa-dri", need: Need::VirtualWindow, sign: "" },
    Package { name: "imagemagick", need: Need::VirtualWindow, sign: "import" },
    Package { name: "python3", need: Need::Tests, sign: "python3" },
    Package { name: "python3-venv", need: Need::Tests, sign: "" },
    Package { name: "mariadb-server-core", need: Need::Tests, sign: "mariadbd" },
    Package { name: "rustc-web", need: Need::WebCompiler, sign: "" },
    Package { name: "rust-web-src", need: Need::WebCompiler, sign: "" },
];

/// Makes sure that everything for `needs` is there.
pub(crate) fn require(needs: &[Need]) -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let wanted = PACKAGES.iter().filter(|package| needs.contains(&package.need));
    if !is_debian() {
        let missing: Vec<&str> = wanted.filter(|package| !shows(package.sign)).map(|package| package.name).collect();
        return if missing.is_empty() { Ok(()) } else { bail!("{}", please_install(&missing)) };
    }
    let missing: Vec<&str> = wanted.map(|package| package.name).filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        println!("system packages: all there");
        return Ok(());
    }
    install(&missing)
}

fn install(missing: &[&str]) -> anyhow::Result<()> {
    println!("system packages: installing {}", missing.join(" "));
    let Some(apt) = apt_words() else { bail!("{}", please_install(missing)) };
    let apt_get = |words: &[&str]| {
        let mut command = program(apt[0]);
        command.args(&apt[1..]).args(words).env("DEBIAN_FRONTEND", "noninteractive");
        println!("  {}", shown(&command));
        run(&mut command)
    };
    apt_get(&["update", "-qq"])?;
    let mut words = vec!["install", "-y", "-qq", "--no-install-recommends"];
    words.extend(missing);
    apt_get(&words)
}

/// How this person may call `apt-get`; `None` without root and without sudo.
fn apt_words() -> Option<Vec<&'static str>> {
    let root = output(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if root {
        return Some(vec!["apt-get"]);
    }
    if !succeeds(program("sudo").arg("-V")) {
        return None;
    }
    // Nobody can answer a question for a password in CI.
    let asking = if std::env::var_os("CI").is_some() { vec!["sudo", "-n"] } else { vec!["sudo"] };
    Some([asking, vec!["DEBIAN_FRONTEND=noninteractive", "apt-get"]].concat())
}

fn please_install(missing: &[&str]) -> String {
    format!(
        "these system packages are missing (Debian's names):\n\n    {}\n\nInstall them, then run the task again",
        missing.join(" ")
    )
}

fn is_debian() -> bool {
    let text = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    text.lines()
        .filter(|line| line.starts_with("ID=") || line.starts_with("ID_LIKE="))
        .any(|line| line.contains("debian") || line.contains("ubuntu"))
}

fn is_installed(name: &str) -> bool {
    output(program("dpkg-query").args(["-W", "-f=${db:Status-Abbrev}", name]))
        .is_ok_and(|status| status.starts_with("ii"))
}

fn shows(sign: &str) -> bool {
    match sign.split_once(':') {
        Some(("pkg-config", library)) => succeeds(program("pkg-config").args(["--exists", library])),
        _ => sign.is_empty() || on_path(sign),
    }
}

pub(crate) fn on_path(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| Path::new(&folder).join(name).exists())
}
