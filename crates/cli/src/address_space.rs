//! A limit on the address space of the process (`ulimit -v`): worked within, or refused in a sentence.

use sluice_api::ApiError;

/// Read by the system's allocator before a program starts: how many pools of free memory it keeps.
#[cfg(target_os = "linux")]
const POOLS: &str = "MALLOC_ARENA_MAX";

/// Refuses a limit that is too small for any command. Under another one the program starts again with one pool of free
/// memory: the library of DuckDB takes its memory from the system's allocator, which reserves 64 MB for every thread.
///
/// # Errors
/// [`sluice_api::ErrorCode::Storage`] with the limit and what is needed.
#[cfg(target_os = "linux")]
pub(crate) fn prepare() -> Result<(), ApiError> {
    use sluice_api::ErrorCode;
    use sluice_contract::limits::ADDRESS_SPACE_BYTES_MIN;
    use std::os::unix::process::CommandExt;

    let Ok((limit, _)) = rlimit::Resource::AS.get() else { return Ok(()) };
    if limit == rlimit::INFINITY {
        return Ok(());
    }
    if limit < ADDRESS_SPACE_BYTES_MIN {
        let (needed, has) = (ADDRESS_SPACE_BYTES_MIN >> 20, limit >> 20);
        let message =
            format!("Sluice needs an address space of {needed} MB at least, and this process may have {has} MB");
        let next =
            format!("Raise the limit with `ulimit -v {}`, or remove it with `ulimit -v unlimited`", needed << 10);
        return Err(ApiError::new(ErrorCode::Storage, message, next));
    }
    if std::env::var_os(POOLS).is_none()
        && let Ok(program) = std::env::current_exe()
    {
        // Comes back only where it failed; then the pools stay as they are.
        let _failed = std::process::Command::new(program).args(std::env::args_os().skip(1)).env(POOLS, "1").exec();
    }
    Ok(())
}

/// Other systems do not limit it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare() -> Result<(), ApiError> {
    Ok(())
}
