//! Options of `publish`, `releases` and `release`.

use clap::{Args, Subcommand};
use sluice_api::{PublishScope, ReleaseSide, TableName, release_number};
use std::path::PathBuf;

/// Options of `publish`.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// Why: what this release is about.
    #[arg(long, short, alias = "note", default_value = "")]
    pub(crate) message: String,
    /// Who publishes [default: SLUICE_AUTHOR, else user.name of Git, else the user of this machine].
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
    /// Show what would change and stop.
    #[arg(long)]
    pub(crate) plan: bool,
    /// Write the plan into a file, for --apply, and stop.
    #[arg(long, value_name = "FILE", conflicts_with = "apply")]
    pub(crate) plan_out: Option<PathBuf>,
    /// Publish exactly this plan: a file of --plan-out, or 8 or more hex digits of the hash of a proposed plan. Refused
    /// (exit code 9) if base, draft or engine moved since it was made.
    #[arg(long, value_name = "FILE|HASH", conflicts_with_all = ["tables", "rollback", "base"])]
    pub(crate) apply: Option<String>,
    /// Publish only the draft of this table or model; may be given several times. Changed models that read it come
    /// along.
    #[arg(long = "table", value_name = "D.T", conflicts_with = "rollback")]
    pub(crate) tables: Vec<TableName>,
    /// Publish what an earlier release holds, as a new release.
    #[arg(long, value_name = "rN", value_parser = release_number)]
    pub(crate) rollback: Option<u64>,
    /// Store the plan for others to approve, and stop.
    #[arg(long, conflicts_with_all = ["plan", "plan_out"])]
    pub(crate) propose: bool,
    /// Build the release beside production first, check and compare it there, and publish it only if that went well (exit
    /// code 6 if not).
    #[arg(long, conflicts_with_all = ["plan", "plan_out", "propose"])]
    pub(crate) canary: bool,
    /// Roll back although an incident lock is open.
    #[arg(long)]
    pub(crate) during_incident: bool,
    /// Publish although checks fail or contracts are missing.
    #[arg(long)]
    pub(crate) force: bool,
    /// Publish although a test of the draft does not pass; the release says so.
    #[arg(long, requires = "because", conflicts_with = "rollback")]
    pub(crate) without_tests: bool,
    /// With --without-tests: why, one sentence.
    #[arg(long, value_name = "TEXT", requires = "without_tests")]
    pub(crate) because: Option<String>,
    /// Expected current release; publishing fails if a different release is current.
    #[arg(long)]
    pub(crate) base: Option<u64>,
}

impl Publish {
    /// What the release is to be made of.
    pub(crate) fn scope(&self) -> PublishScope {
        match self.rollback {
            Some(release) => PublishScope::Rollback(release),
            None if self.tables.is_empty() => PublishScope::Draft,
            None => {
                let mut tables = self.tables.clone();
                tables.sort();
                tables.dedup();
                PublishScope::Tables(tables)
            }
        }
    }
}

/// Options of `release`.
#[derive(Debug, Args)]
pub(crate) struct Release {
    #[command(subcommand)]
    pub(crate) action: ReleaseAction,
}

/// What to do with releases.
#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseAction {
    /// Show a release: author, message, plan, whether the runner reached what was previewed, contracts and models.
    Show {
        /// For example r14.
        #[arg(value_name = "rN", value_parser = release_number)]
        release: u64,
    },
    /// Show what differs between two releases, or a release and the draft.
    Diff {
        /// For example r13, or draft.
        #[arg(value_name = "rA")]
        from: ReleaseSide,
        /// For example r14, or draft.
        #[arg(value_name = "rB")]
        to: ReleaseSide,
    },
    /// Approve a plan that somebody else proposed with `publish --propose`.
    Approve {
        /// 8 or more hex digits of the plan's hash.
        hash: String,
        /// Who approves [default: SLUICE_AUTHOR, else user.name of Git, else the user of this machine].
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
    },
    /// Keep everybody from publishing until `unlock`; a rollback is possible with --during-incident.
    Lock {
        /// Why, for whoever wants to publish.
        #[arg(long, value_name = "TEXT")]
        because: String,
        /// Who locks [default: SLUICE_AUTHOR, else user.name of Git, else the user of this machine].
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
    },
    /// End the lock.
    Unlock {
        /// Who unlocks [default: SLUICE_AUTHOR, else user.name of Git, else the user of this machine].
        #[arg(long, value_name = "NAME")]
        author: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use crate::args::{Arguments, Command};
    use clap::Parser;
    use sluice_api::PublishScope;

    fn publish(words: &[&str]) -> Result<super::Publish, clap::Error> {
        let read = Arguments::try_parse_from([&["sluice", "publish"], words].concat())?;
        let Command::Publish(call) = read.command else { panic!("another command") };
        Ok(call)
    }

    #[test]
    fn what_is_published_is_one_thing() {
        assert_eq!(publish(&[]).unwrap().scope(), PublishScope::Draft);
        assert_eq!(publish(&["--rollback", "r3"]).unwrap().scope(), PublishScope::Rollback(3));
        let some = publish(&["--table", "shop.b", "--table", "shop.a", "--table", "shop.b"]).unwrap();
        let PublishScope::Tables(tables) = some.scope() else { panic!("{some:?}") };
        assert_eq!(tables.iter().map(ToString::to_string).collect::<Vec<_>>(), ["shop.a", "shop.b"]);
        for words in [
            ["--rollback", "r3", "--table", "shop.a"],
            ["--apply", "plan.json", "--rollback", "r3"],
            ["--apply", "plan.json", "--table", "shop.a"],
            ["--apply", "plan.json", "--plan-out", "other.json"],
        ] {
            assert!(publish(&words).is_err(), "{words:?}");
        }
        assert!(publish(&["--rollback", "latest"]).is_err());
    }

    #[test]
    fn the_former_name_of_the_message_is_understood() {
        for name in ["--message", "-m", "--note"] {
            // alias = "note"
            assert_eq!(publish(&[name, "why"]).unwrap().message, "why", "{name}");
        }
    }
}
