//! The W3C WebDriver protocol, as far as it is needed: JSON over HTTP.

use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use ureq::Agent;

const CALL_TIMEOUT: Duration = Duration::from_secs(60);
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// One driven window; it closes when dropped.
pub(crate) struct Session {
    agent: Agent,
    address: String,
}

impl Session {
    /// Starts `program` with `arguments` under the driver at `server`.
    pub(crate) fn start(server: &str, program: &Path, arguments: &[String]) -> anyhow::Result<Self> {
        let config = Agent::config_builder().timeout_global(Some(CALL_TIMEOUT)).http_status_as_error(false).build();
        let agent = Agent::new_with_config(config);
        wait_until_ready(&agent, server)?;
        // A `browserName` here would make the driver refuse: it knows browsers only.
        let options = json!({ "binary": program, "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "webkitgtk:browserOptions": options } } });
        let made = post(&agent, &format!("{server}/session"), &wanted).context("the window did not start")?;
        let id = made["sessionId"].as_str().context("the driver named no session")?;
        Ok(Self { address: format!("{server}/session/{id}"), agent })
    }

    /// Runs JavaScript in the page as the body of a function and hands back what it returns.
    pub(crate) fn run(&self, script: &str, arguments: &[Value]) -> anyhow::Result<Value> {
        self.post("execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Presses, moves, types.
    pub(crate) fn act(&self, source: &Value) -> anyhow::Result<()> {
        self.post("actions", &json!({ "actions": [source] })).map(|_| ())
    }

    fn post(&self, what: &str, body: &Value) -> anyhow::Result<Value> {
        post(&self.agent, &format!("{}/{what}", self.address), body)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.agent.delete(&self.address).call().ok();
    }
}

fn wait_until_ready(agent: &Agent, server: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    while agent.get(format!("{server}/status")).call().is_err() {
        if begun.elapsed() > START_TIMEOUT {
            bail!("the driver does not answer at {server}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn post(agent: &Agent, address: &str, body: &Value) -> anyhow::Result<Value> {
    let mut response = agent.post(address).send_json(body)?;
    let answer: Value = response.body_mut().read_json().context("the driver answers with JSON")?;
    let value = answer["value"].clone();
    if let Some(error) = value["error"].as_str() {
        bail!("the driver says `{error}`: {}", value["message"].as_str().unwrap_or_default());
    }
    Ok(value)
}
