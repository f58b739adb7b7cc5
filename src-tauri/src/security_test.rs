//! What the window may do is written in two files; these tests keep it small.

use serde_json::Value;

const CONFIG: &str = include_str!("../../tauri.conf.json");
const CAPABILITY: &str = include_str!("../capabilities/main.json");

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn directive(name: &str) -> String {
    read(CONFIG)["app"]["security"]["csp"][name].as_str().unwrap_or_default().to_owned()
}

#[test]
fn one_window_and_one_capability_file() {
    let config = read(CONFIG);
    assert_eq!(config["app"]["windows"].as_array().unwrap().len(), 1);
    assert_eq!(config["app"]["security"]["capabilities"], serde_json::json!(["main"]));
    assert_eq!(std::fs::read_dir("src-tauri/capabilities").unwrap().count(), 1);
}

#[test]
fn the_capability_grants_the_declared_commands_to_the_main_window_only() {
    let capability = read(CAPABILITY);
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    assert_eq!(capability["permissions"], serde_json::json!(["allow-call", "allow-page"]));
    assert!(capability.get("remote").is_none());
    assert!(!CAPABILITY.contains('*'));
    let build = include_str!("../build.rs");
    assert!(build.contains(r#"const COMMANDS: &[&str] = &["call", "page"];"#));
    let main = include_str!("main.rs");
    assert!(main.contains("generate_handler![commands::call::call, commands::page::page]"));
}

#[test]
fn the_page_runs_its_own_scripts_only() {
    assert_eq!(directive("script-src"), "'self' 'wasm-unsafe-eval'");
    assert_eq!(directive("default-src"), "'self'");
    assert_eq!(directive("object-src"), "'none'");
    assert_eq!(directive("connect-src"), "'self' ipc: http://ipc.localhost");
}

#[test]
fn nothing_dangerous_is_switched_on() {
    let config = read(CONFIG);
    let security = &config["app"]["security"];
    assert_eq!(security["freezePrototype"], Value::Bool(true));
    assert!(security.get("assetProtocol").is_none());
    assert!(security.get("dangerousDisableAssetCspModification").is_none());
    assert!(config["build"].get("devUrl").is_none());
    assert_eq!(config["app"]["windows"][0]["devtools"], Value::Bool(false));
    assert!(config.get("plugins").is_none());
}
