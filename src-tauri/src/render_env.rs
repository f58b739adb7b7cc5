//! WebKitGTK's DMABUF renderer leaves a blank window with NVIDIA drivers and where there is no
//! graphics device; switched off everywhere it breaks newer Mesa. So it is switched off only there,
//! and never against the person's own setting.

#[cfg(target_os = "linux")]
mod linux {
    use anyhow::Context;
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

    /// Starts this program again with the switch if it is needed: the environment has to be right
    /// before the first thread starts.
    pub(crate) fn settle() -> anyhow::Result<()> {
        let set_by_person = std::env::var_os(SWITCH).is_some();
        if !needs_switch(set_by_person, nvidia_in_use(), has_render_node(Path::new("/dev/dri"))) {
            return Ok(());
        }
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let error = Command::new(program).args(std::env::args_os().skip(1)).env(SWITCH, "1").exec();
        Err(error).context("cannot start again with the render setting")
    }

    fn needs_switch(set_by_person: bool, nvidia: bool, render_node: bool) -> bool {
        !set_by_person && (nvidia || !render_node)
    }

    fn nvidia_in_use() -> bool {
        ["/proc/driver/nvidia/version", "/sys/module/nvidia", "/sys/module/nouveau"]
            .iter()
            .any(|path| Path::new(path).exists())
    }

    fn has_render_node(folder: &Path) -> bool {
        let Ok(entries) = std::fs::read_dir(folder) else { return false };
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
    }

    #[cfg(test)]
    mod tests {
        use super::needs_switch;

        #[test]
        fn the_persons_setting_wins() {
            assert!(!needs_switch(true, true, false));
        }

        #[test]
        fn needed_with_nvidia_or_without_a_render_node_only() {
            assert!(needs_switch(false, true, true));
            assert!(needs_switch(false, false, false));
            assert!(!needs_switch(false, false, true));
        }
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::settle;

/// Nothing to settle outside Linux.
#[cfg(not(target_os = "linux"))]
pub(crate) fn settle() -> anyhow::Result<()> {
    Ok(())
}
