//! The demo lake: a small shop whose changes wait to be replayed. It is made on this machine, the same every time, and
//! shows what change data is like: updates, deletes, a late event, duplicates, and a record that cannot be read.

use crate::RunError;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Files of each table.
const FILES: u64 = 8;
/// Orders that each file brings.
const ORDERS_OF_FILE: u64 = 120;
/// Customers of the shop.
const CUSTOMERS: u64 = 200;
/// Source time of the first event, milliseconds since 1970: 2026-01-05 08:00 UTC.
const BEGIN_MS: u64 = 1_767_600_000_000;

const CUSTOMERS_CONTRACT: &str = "\
dataset: \"shop.customers\"
owner: \"shop@demo.example\"
description: \"Customers of the demo shop\"
source: {path: \"landing/shop/customers/\", format: debezium_json}
schema:
- {name: customer_id, type: bigint, primary_key: true}
- {name: full_name, type: string, pii: true}
- {name: email, type: string, pii: true}
- {name: city, type: string}
quality:
- {check: not_null(email), severity: warn}
";

const ORDERS_CONTRACT: &str = "\
dataset: \"shop.orders\"
owner: \"shop@demo.example\"
description: \"Orders with their latest status\"
source: {path: \"landing/shop/orders/\", format: debezium_json}
schema:
- {name: order_id, type: bigint, primary_key: true}
- {name: customer_id, type: bigint}
- {name: status, type: string}
- {name: placed_on, type: date}
- {name: total, type: \"decimal(12,2)\"}
quality:
- {check: row_count > 0}
- {check: \"accepted_values(status, 'placed', 'paid', 'shipped', 'returned')\", severity: warn}
- {check: \"foreign_key(customer_id, customers.customer_id)\", severity: warn}
";

const PAYMENTS_CONTRACT: &str = "\
dataset: \"shop.payments\"
owner: \"shop@demo.example\"
description: \"Payments of orders\"
source: {path: \"landing/shop/payments/\", format: debezium_json}
schema:
- {name: payment_id, type: bigint, primary_key: true}
- {name: order_id, type: bigint}
- {name: method, type: string}
- {name: amount, type: \"decimal(12,2)\"}
";

const DAILY_REVENUE: &str = "\
-- Revenue and orders by day; returned orders do not count.
SELECT placed_on, COUNT(*) AS orders, SUM(total) AS revenue
FROM silver.shop.orders
WHERE status <> 'returned'
GROUP BY placed_on
";

/// The first day of orders, days since 1970 as Debezium writes dates: 2026-01-05.
const FIRST_DAY: u64 = 20_458;

/// Makes the demo lake in `folder`, unless one is there.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn make(folder: &Path) -> Result<(), RunError> {
    if folder.join("contracts").is_dir() {
        return Ok(());
    }
    let mut files = vec![
        ("models/shop/daily_revenue.sql".to_owned(), DAILY_REVENUE.to_owned()),
        ("contracts/shop/customers.yaml".to_owned(), CUSTOMERS_CONTRACT.to_owned()),
        ("contracts/shop/payments.yaml".to_owned(), PAYMENTS_CONTRACT.to_owned()),
    ];
    for file in 0..FILES {
        for (table, text) in [("customers", customers(file)), ("orders", orders(file)), ("payments", payments(file))] {
            files.push((format!("landing/shop/{table}/{:04}.json", file + 1), text));
        }
    }
    // What is looked for above comes last, so that a lake that was left half made is made again.
    files.push(("contracts/shop/orders.yaml".to_owned(), ORDERS_CONTRACT.to_owned()));
    for (path, text) in files {
        let path = folder.join(path);
        let file_error = |source| RunError::File { path: path.display().to_string(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(file_error)?;
        }
        std::fs::write(&path, text).map_err(file_error)?;
    }
    Ok(())
}

/// Where the demo lake is kept, unless the host has one set: the folder of this user's data.
pub(super) fn default_folder() -> Option<PathBuf> {
    Some(data_folder()?.join("demo-shop"))
}

/// Folder of the user's data for Sluice.
pub(super) fn data_folder() -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local").join("share")))?;
    Some(data.join("sluice"))
}

/// Numbers that look random and are the same every time.
fn mixed(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    value ^= value >> 29;
    value.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 17
}

fn pick<'w>(words: &[&'w str], seed: u64) -> &'w str {
    let at = usize::try_from(mixed(seed) % (words.len().max(1) as u64)).unwrap_or_default();
    words.get(at).copied().unwrap_or_default()
}

/// One change event; `position` is its place in the log of the source.
fn event(op: &str, row: &str, position: u64) -> String {
    let side = if op == "d" { "before" } else { "after" };
    let time = BEGIN_MS + position * 30_000;
    format!("{{\"op\":\"{op}\",\"{side}\":{row},\"source\":{{\"lsn\":{position},\"ts_ms\":{time}}}}}\n")
}

fn customers(file: u64) -> String {
    let mut text = String::new();
    let part = CUSTOMERS / FILES;
    for number in file * part..(file + 1) * part {
        let id = number + 1;
        let first = pick(&["Anna", "Ben", "Carla", "David", "Elif", "Finn", "Greta", "Hugo"], id);
        let last = pick(&["Meyer", "Rossi", "Novak", "Silva", "Berg", "Costa", "Lund"], id + 900);
        let city = pick(&["Lyon", "Graz", "Porto", "Malmo", "Gent"], id + 40);
        let mail = format!("{}.{}{id}@post.example", first.to_lowercase(), last.to_lowercase());
        let row = format!(
            "{{\"customer_id\":{id},\"full_name\":\"{first} {last}\",\"email\":\"{mail}\",\"city\":\"{city}\"}}"
        );
        text.push_str(&event("c", &row, number * 60 + 1));
    }
    text
}

fn order(id: u64, status: &str) -> String {
    let customer = mixed(id) % CUSTOMERS + 1;
    let day = FIRST_DAY + id / 40;
    let cents = mixed(id + 7) % 24_000 + 500;
    format!(
        "{{\"order_id\":{id},\"customer_id\":{customer},\"status\":\"{status}\",\"placed_on\":{day},\
         \"total\":{}.{:02}}}",
        cents / 100,
        cents % 100
    )
}

fn orders(file: u64) -> String {
    let mut text = String::new();
    let first = file * ORDERS_OF_FILE + 1;
    let mut position = file * 1_000;
    let mut add = |op: &str, id: u64, status: &str| {
        position += 1;
        text.push_str(&event(op, &order(id, status), position));
    };
    for id in first..first + ORDERS_OF_FILE {
        add("c", id, "placed");
    }
    for id in (first..first + ORDERS_OF_FILE).filter(|id| !mixed(id + 3).is_multiple_of(4)) {
        add("u", id, "paid");
    }
    // Orders of the file before go on; a few come back, a few are deleted.
    if file > 0 {
        for id in first - ORDERS_OF_FILE..first {
            match mixed(id + 11) % 12 {
                0 => add("u", id, "returned"),
                1 => add("d", id, "placed"),
                2..9 => add("u", id, "shipped"),
                _ => {}
            }
        }
    }
    if file == 5 {
        // An event that was delivered two files late, and one that comes twice.
        text.push_str(&event("u", &order(first - 2 * ORDERS_OF_FILE, "paid"), 3_200));
        text.push_str(&event("c", &order(first, "placed"), 5_001));
    }
    text
}

fn payments(file: u64) -> String {
    let mut text = String::new();
    let first = file * ORDERS_OF_FILE + 1;
    for id in (first..first + ORDERS_OF_FILE).filter(|id| !mixed(id + 3).is_multiple_of(4)) {
        let cents = mixed(id + 7) % 24_000 + 500;
        // One value that is no number: it goes to quarantine, the others go on.
        let amount = match file == 6 && id == first + 1 {
            true => "\"n/a\"".to_owned(),
            false => format!("{}.{:02}", cents / 100, cents % 100),
        };
        let method = pick(&["card", "invoice", "transfer"], id);
        let mut row = String::new();
        let _ = write!(row, "{{\"payment_id\":{id},\"order_id\":{id},\"method\":\"{method}\",\"amount\":{amount}}}");
        text.push_str(&event("c", &row, file * 1_000 + id));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::make;
    use crate::{Host, HostOptions};
    use sluice_api::{DEMO_LAKE, JobId, Layer, ReplayLimits, ask};

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_made_once_opens_and_replays() {
        let folder = tempfile::tempdir().unwrap();
        let demo = folder.path().join("demo-shop");
        let host = Host::new(HostOptions { demo_folder: Some(demo.clone()), ..HostOptions::default() });
        let open = ask::OpenLake { url: Some(DEMO_LAKE.to_owned()), create: false };
        let lake = host.call(open.clone()).await.unwrap();
        assert_eq!(lake.problems, Vec::<String>::new());
        assert_eq!(lake.waiting.iter().map(|each| each.files).sum::<Option<u64>>(), Some(24));
        let limits = ReplayLimits { max_files: Some(1), ..ReplayLimits::default() };
        let done = host.call(ask::StartReplay { job: JobId(1), tables: Vec::new(), limits }).await.unwrap();
        for table in &done.tables {
            assert!(table.error.is_none() && table.counters.balances(), "{table:?}");
        }
        let of = |name: &str| done.tables.iter().find(|table| table.table.table == name).unwrap().counters;
        let orders = of("orders");
        assert!(orders.updated > 0 && orders.deleted > 0 && orders.superseded > 1, "{orders:?}");
        assert_eq!(of("payments").quarantined, 1);
        assert!(done.gold.iter().any(|model| model.model == "shop.daily_revenue" && model.rows > 5), "{:?}", done.gold);
        // Opened again it is the same lake, with its tables.
        std::fs::write(demo.join("contracts/shop/customers.yaml"), "mine").unwrap();
        make(&demo).unwrap();
        assert_eq!(std::fs::read_to_string(demo.join("contracts/shop/customers.yaml")).unwrap(), "mine");
        let again = host.call(open).await.unwrap();
        assert!(again.tables.iter().any(|each| each.table.layer == Layer::Silver && each.rows.is_some()));
    }
}
