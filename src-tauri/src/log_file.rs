//! The window's log file: warnings of the engine, bounded in size.

use anyhow::Context;
use sluice_runner::{LogOptions, log_to};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Bytes after which the file becomes the older one, and the older one goes.
const BYTES_MAX: u64 = 2 << 20;
/// Variable with levels as in `RUST_LOG`.
const FILTER: &str = "SLUICE_LOG";

/// Logs into `sluice.log` in `folder` from now on.
pub(crate) fn begin(folder: &Path) -> anyhow::Result<()> {
    let file = LogFile::open(folder, BYTES_MAX).context("cannot write the log file")?;
    log_to(Mutex::new(file), &LogOptions { verbose: true, filter: std::env::var(FILTER).ok(), times: true });
    Ok(())
}

/// Two files that together hold the last lines.
struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_max: u64,
}

impl LogFile {
    fn open(folder: &Path, bytes_max: u64) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("sluice.log");
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes, bytes_max })
    }

    fn rotate(&mut self) -> std::io::Result<()> {
        std::fs::rename(&self.path, self.path.with_extension("old.log"))?;
        self.file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        self.bytes = 0;
        Ok(())
    }
}

impl Write for LogFile {
    /// One line; the whole of it, or nothing.
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let length = line.len() as u64;
        if self.bytes > 0 && self.bytes + length > self.bytes_max {
            self.rotate()?;
        }
        self.file.write_all(line)?;
        self.bytes += length;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::LogFile;
    use std::io::Write;

    #[test]
    fn the_last_lines_stay_and_the_files_stay_small() {
        let folder = std::env::temp_dir().join(format!("sluice-log-{}", std::process::id()));
        let mut log = LogFile::open(&folder, 64).unwrap();
        for number in 0..100 {
            log.write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        // A window that is opened again goes on where the last one ended.
        drop(log);
        LogFile::open(&folder, 64).unwrap().write_all(b"line 100\n").unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let (old, new) = (read("sluice.old.log"), read("sluice.log"));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(old.len() <= 64 && new.len() <= 64, "{} {}", old.len(), new.len());
        let text = old + &new;
        assert!(text.ends_with("line 98\nline 99\nline 100\n"), "{text}");
    }
}
