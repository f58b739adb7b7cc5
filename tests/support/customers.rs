//! Customers of whom a program writes the country otherwise than the others do.

const COUNTRIES: [&str; 4] = ["DE", "FR", "NL", "PL"];

fn event(op: char, id: u64, country: &str, lsn: u64) -> String {
    let millis = 1_795_000_000_000 + lsn * 1_000;
    format!(
        "{{\"op\":\"{op}\",\"before\":null,\"after\":{{\"id\":{id},\"email\":\"c{id}@example.com\",\"country\":\"{country}\"}},\
         \"source\":{{\"lsn\":{lsn},\"ts_ms\":{millis}}}}}\n"
    )
}

/// Change files of Debezium: all customers, some updates, three by a program that writes ` de`, and more updates.
#[must_use]
pub fn customers_by_country() -> [String; 4] {
    let own = |id: u64| COUNTRIES[usize::try_from(id % 4).unwrap_or(0)];
    let wrong = [48_205, 48_213, 48_221].into_iter().map(|id| event('u', id, " de", id - 47_700));
    [
        (48_200..48_260).map(|id| event('c', id, own(id), id - 48_000)).collect(),
        (48_230..48_250).map(|id| event('u', id, own(id), id - 47_900)).collect(),
        wrong.chain([event('u', 48_213, "FR", 250)]).collect(),
        (48_250..48_256).map(|id| event('u', id, own(id), id - 47_600)).collect(),
    ]
}
