//! The `sluice` command: everything the window can do, without a window.
//!
//! [`args`] is what can be typed; each command has a file in [`command`] that makes one or a few requests
//! (`sluice_api::ask`) of a host in this process and prints the typed answer, as text or JSON ([`print`]). Long
//! work is a job that [`progress`] watches and Ctrl-C or SIGTERM stops at the end of a batch. [`exit`] turns what came of it
//! into an exit code, [`address_space`] keeps to a limit on it, and [`logging`] sends the engine's warnings to stderr.
//!
//! Exit codes: 0 done; 1 a bug in Sluice; 2 usage error; 3 a table stopped and the others completed;
//! 4 the store or disk failed; 5 write conflict; 6 a check of severity `fail` failed;
//! 7 a comparison found differences; 8 a contract was not saved because of open questions; 9 a plan is stale;
//! 10 publishing waits for an approval or for the end of an incident; 130 cancelled.

// What nobody reads any more must not end the program: `print` knows how to write.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod address_space;
mod args;
mod command;
mod diff_side;
mod exit;
mod impact_report;
mod logging;
mod print;
mod progress;
mod signals;

use args::{Arguments, Command};
use clap::Parser;
use exit::Exit;
use sluice_runner::{Host, HostOptions, StoreTimes};
use std::process::ExitCode;

/// Batches come and go on many threads; the system's allocator keeps twice the memory for them.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Without threads of a runtime.
    let worked = match arguments.command {
        Command::DecodeWorker => Some(sluice_runner::decode_worker()),
        Command::SqlWorker => Some(sluice_runner::sql_worker()),
        _ => None,
    };
    if let Some(worked) = worked {
        return match worked {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => exit::report(&error.to_api().into(), arguments.json),
        };
    }
    if let Err(error) = address_space::prepare() {
        return exit::report(&error.into(), arguments.json);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            print::note(format_args!("sluice: no threads could be started: {error}"));
            return ExitCode::from(1);
        }
    };
    let json = arguments.json;
    logging::to_stderr(arguments.verbose);
    match runtime.block_on(run(arguments)) {
        Ok(exit) => exit.code(),
        Err(error) => exit::report(&error, json),
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let store = arguments.store_timeout().map(StoreTimes::within).unwrap_or_default();
    let (lake, query_timeout) = (Some(arguments.lake), arguments.query_timeout);
    let sandbox = arguments.sandbox;
    let options = HostOptions { lake, sandbox, store, query_timeout, ..HostOptions::default() };
    let host = Host::new(options);
    let out = print::Output::new(arguments.json);
    match arguments.command {
        // Done before.
        Command::DecodeWorker | Command::SqlWorker => Ok(Exit::Done),
        Command::Init => command::init::run(&host, &out).await,
        Command::Onboard(call) => command::onboard::run(&host, &out, call).await,
        Command::Replay(call) => command::replay::run(&host, &out, call).await,
        Command::Batch(call) => command::batch::run(&host, &out, call).await,
        Command::Batches(call) => command::batches::run(&host, &out, call).await,
        Command::Status => command::status::run(&host, &out).await,
        Command::Diff(call) => command::diff::run(&host, &out, call).await,
        Command::Bisect(call) => command::bisect::run(&host, &out, call).await,
        Command::Trace(call) => command::trace::run(&host, &out, call).await,
        Command::Incident(call) => command::incident::run(&host, &out, call).await,
        Command::Test(call) => command::test::run(&host, &out, call).await,
        Command::Reconcile(call) => command::reconcile::run(&host, &out, call).await,
        Command::Doctor(call) => command::doctor::run(&host, &out, call).await,
        Command::Explain(call) => command::explain::run(&host, &out, call).await,
        Command::History(call) => command::history::run(&host, &out, call).await,
        Command::Maintain(call) => command::maintain::run(&host, &out, call).await,
        Command::Verify(call) => command::verify::verify(&host, &out, call).await,
        Command::Adopt(call) => command::verify::adopt(&host, &out, call).await,
        Command::Quality(call) => command::quality::run(&host, &out, call).await,
        Command::Quarantine(call) => command::quarantine::run(&host, &out, call).await,
        Command::Schema(call) => command::schema::run(&host, &out, call).await,
        Command::Query(call) => command::query::run(&host, &out, call).await,
        Command::Fingerprint(call) => command::fingerprint::run(&host, &out, call).await,
        Command::Publish(call) => command::publish::run(&host, &out, call).await,
        Command::Draft(call) => command::draft::run(&host, &out, call).await,
        Command::Sandbox(call) => command::sandbox::run(&host, &out, call).await,
        Command::Releases => command::releases::run(&host, &out).await,
        Command::Release(call) => command::release::run(&host, &out, call).await,
        Command::Run(call) => command::run::run(&host, &out, call).await,
        Command::Compare(call) => command::compare::run(&host, &out, call).await,
    }
}
