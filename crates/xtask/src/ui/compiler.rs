//! A compiler for `wasm32-unknown-unknown`, from wherever one can be had.

use crate::packages::{self, Need};
use crate::process::{cargo, output, program, run, succeeds};
use crate::project::Project;
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
/// Debian's compiler with the sources of its standard library.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_STD: &str = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";

/// Compiles the screens and names the module.
pub(crate) fn build(project: &Project, with_debian: bool) -> anyhow::Result<PathBuf> {
    let folder = project.target().join("wasm");
    let mut command = cargo(project.root());
    command.args(["build", "--release", "--package", "sluice-ui", "--lib", "--target", TARGET]);
    command.arg("--target-dir").arg(&folder);
    let sysroot = sysroot()?;
    if !with_debian && (has_target(&sysroot) || rustup_brings_it(&sysroot)) {
        println!("screens: compiling with the toolchain's own {TARGET}");
    } else {
        println!("screens: compiling with Debian's sources of the standard library");
        debian_compiler(&mut command, &sysroot)?;
    }
    run(&mut command)?;
    let module = folder.join(TARGET).join("release").join("sluice_ui.wasm");
    if !module.exists() {
        bail!("cargo built no {}; the library of `ui` has to be a `cdylib`", module.display());
    }
    Ok(module)
}

fn sysroot() -> anyhow::Result<PathBuf> {
    Ok(PathBuf::from(output(program("rustc").args(["--print", "sysroot"]))?.trim()))
}

fn has_target(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib").join(TARGET).join("lib").exists()
}

fn rustup_brings_it(sysroot: &Path) -> bool {
    succeeds(program("rustup").args(["target", "add", TARGET])) && has_target(sysroot)
}

/// Builds the standard library from Debian's sources with Debian's compiler of the same version;
/// the linker is the toolchain's own.
fn debian_compiler(command: &mut Command, sysroot: &Path) -> anyhow::Result<()> {
    if !Path::new(DEBIAN_STD).exists() {
        packages::require(&[Need::WebCompiler])
            .context("neither rustup nor Debian's packages can bring a compiler for the screens")?;
    }
    let host = host()?;
    let linker = sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    command
        .arg("-Zbuild-std=std,panic_abort")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", DEBIAN_RUSTC)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    Ok(())
}

fn host() -> anyhow::Result<String> {
    let text = output(program("rustc").arg("-vV"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("`rustc -vV` names no host")?.to_owned())
}
