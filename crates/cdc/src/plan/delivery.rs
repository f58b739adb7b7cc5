//! The place of a file among the files of its table, by the dates and numbers in its path.

use std::ops::Range;

/// Digits that a number of 64 bits always holds.
const DIGITS_MAX: usize = 19;
/// Digits to which a counter behind another one is filled up, so that `9-10` comes before `10-1`.
const COUNTER_DIGITS: usize = 6;
/// Words that may stand between the parts of a date and a time of day, as in `month=11/day=01`.
const PARTS_OF_TIMES: [&str; 13] =
    ["", "t", "month", "mon", "m", "day", "d", "hour", "hr", "h", "minute", "min", "second"];
/// Letters and digits of a name that are a hash if they are hexadecimal and both kinds are there.
const HASH_MIN: usize = 8;

/// Where the file at `path` of the table in `folder` belongs: its date and time, as a number of 14 digits, or without one
/// the numbers of its folders; then the numbers in its name. A date in the name counts before one in the folders. UUIDs,
/// hashes and the ending of the name say nothing. 0 is "no number".
pub(super) fn delivery_of(folder: &str, path: &str) -> [u64; 2] {
    let folder = folder.trim_end_matches('/');
    let below = path.strip_prefix(folder).filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let (folders, name) = below.rsplit_once('/').unwrap_or(("", below));
    let name = without_hashes(without_ending(name));
    if let Some((date, at)) = date_in(&name, 2) {
        return [date, counter(digits_outside(&name, at))];
    }
    let folders = without_hashes(folders);
    match date_in(&folders, 1) {
        Some((date, at)) => [date, counter(digits_outside(&folders, at).chain(digits_outside(&name, 0..0)))],
        None => [counter(digits_outside(&folders, 0..0)), counter(digits_outside(&name, 0..0))],
    }
}

/// The groups of digits that do not begin in `place`.
fn digits_outside(text: &str, place: Range<usize>) -> impl Iterator<Item = &str> {
    numbers(text).filter(move |number| !place.contains(&number.start)).filter_map(|number| text.get(number))
}

/// Where the groups of digits are.
fn numbers(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes.get(at..)?.iter().position(u8::is_ascii_digit)?;
        let rest = bytes.get(start..)?;
        let len = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        at = start + len;
        Some(start..at)
    })
}

/// Numbers as one, the first the most significant; those for which there is no room are left out.
fn counter<'n>(numbers: impl Iterator<Item = &'n str>) -> u64 {
    let mut all = 0_u64;
    for (at, digits) in numbers.enumerate() {
        let width = if at == 0 { 0 } else { digits.len().max(COUNTER_DIGITS) };
        let next = digits.parse::<u64>().ok().filter(|_| digits.len() <= DIGITS_MAX).and_then(|number| {
            let room = 10_u64.checked_pow(u32::try_from(width).ok()?)?;
            all.checked_mul(room)?.checked_add(number)
        });
        let Some(next) = next else { break };
        all = next;
    }
    all
}

/// The first date in a text, with the time of day behind it, and where they are: `20261101`, `2026-11-01T12:30`,
/// `year=2026/month=11/day=1/hour=5`. A time without separators has `times_min` groups of two digits at least.
fn date_in(text: &str, times_min: usize) -> Option<(u64, Range<usize>)> {
    let numbers: Vec<Range<usize>> = numbers(text).collect();
    let digits = |at: usize| numbers.get(at).and_then(|number| text.get(number.clone())).unwrap_or_default();
    let is_beside = |at: usize| match (numbers.get(at.wrapping_sub(1)), numbers.get(at)) {
        (Some(one), Some(next)) => {
            let between = text.get(one.end..next.start).unwrap_or_default().to_ascii_lowercase();
            PARTS_OF_TIMES.contains(&between.trim_matches(|letter: char| !letter.is_alphanumeric()))
        }
        _ => false,
    };
    (0..numbers.len()).find_map(|first| {
        let (mut written, mut last) = match digits(first).len() {
            8 | 10 | 12 | 14 => (digits(first).to_owned(), first),
            4 if is_beside(first + 1) && is_beside(first + 2) => {
                let (month, day) = (digits(first + 1), digits(first + 2));
                let fits = month.len() <= 2 && day.len() <= 2;
                (fits.then(|| format!("{}{month:0>2}{day:0>2}", digits(first)))?, first + 2)
            }
            _ => return None,
        };
        if written.len() == 8 {
            let (time, at) = time_after(last, times_min, digits, is_beside);
            written.push_str(&time);
            last = at;
        }
        let place = numbers.get(first)?.start..numbers.get(last)?.end;
        date_and_time(&written).map(|date| (date, place))
    })
}

/// The time of day behind the date that ends at the number `last`, and where it ends.
fn time_after<'t>(
    last: usize,
    times_min: usize,
    digits: impl Fn(usize) -> &'t str,
    is_beside: impl Fn(usize) -> bool,
) -> (String, usize) {
    let next = digits(last + 1);
    if is_beside(last + 1) && matches!(next.len(), 4 | 6) && is_time(next) {
        return (next.to_owned(), last + 1);
    }
    let groups = (last + 1..=last + 3).take_while(|at| is_beside(*at) && (1..=2).contains(&digits(*at).len()));
    let groups: Vec<String> = groups.map(|at| format!("{:0>2}", digits(at))).collect();
    let whole = (0..=groups.len()).rev().find(|len| groups.get(..*len).is_some_and(|time| is_time(&time.concat())));
    match whole {
        Some(len) if len >= times_min => (groups.get(..len).unwrap_or_default().concat(), last + len),
        _ => (String::new(), last),
    }
}

/// Whether digits are hours, and minutes and seconds after them.
fn is_time(digits: &str) -> bool {
    let part = |at: usize| digits.get(2 * at..2 * at + 2).map_or(Some(0), |part| part.parse::<u8>().ok());
    let fits = |at: usize, below: u8| part(at).is_some_and(|part| part < below);
    digits.len().is_multiple_of(2) && digits.len() <= 6 && fits(0, 24) && fits(1, 60) && fits(2, 60)
}

/// Eight digits of a date with up to six of a time of day as fourteen.
fn date_and_time(digits: &str) -> Option<u64> {
    let (date, time) = digits.split_at_checked(8)?;
    let part = |range: Range<usize>| date.get(range)?.parse::<u32>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let is_date = (1970..=2199).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    (is_date && is_time(time)).then(|| format!("{date}{time:0<6}").parse().ok())?
}

/// A name without what says how the file is written, `.json.gz`; a part of digits alone is no ending.
fn without_ending(name: &str) -> &str {
    let mut name = name;
    while let Some((rest, ending)) = name.rsplit_once('.') {
        if ending.bytes().all(|byte| byte.is_ascii_digit()) || ending.len() > 8 {
            break;
        }
        name = rest;
    }
    name
}

/// The text with blanks where UUIDs and hexadecimal hashes are.
fn without_hashes(text: &str) -> String {
    let mut out = text.to_owned();
    for at in uuids(text) {
        out.replace_range(at.clone(), &" ".repeat(at.len()));
    }
    let mut start = 0;
    for word in out.clone().split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
        let is_hash = word.len() >= HASH_MIN
            && word.bytes().all(|byte| byte.is_ascii_hexdigit())
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic);
        if is_hash {
            out.replace_range(start..start + word.len(), &" ".repeat(word.len()));
        }
        start += word.len();
        start += out.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    }
    out
}

/// Where UUIDs are: 8, 4, 4, 4 and 12 hexadecimal digits.
fn uuids(text: &str) -> Vec<Range<usize>> {
    const LEN: usize = 36;
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let is_uuid = |start: usize| {
        text.as_bytes().get(start..start + LEN).is_some_and(|bytes| {
            bytes.iter().enumerate().all(|(at, byte)| match HYPHENS.contains(&at) {
                true => *byte == b'-',
                false => byte.is_ascii_hexdigit(),
            })
        })
    };
    (0..text.len().saturating_sub(LEN - 1)).filter(|start| is_uuid(*start)).map(|start| start..start + LEN).collect()
}

#[cfg(test)]
mod tests {
    use super::delivery_of;

    fn place(path: &str) -> [u64; 2] {
        delivery_of("landing/2024/orders", &format!("landing/2024/orders/{path}"))
    }

    #[test]
    fn dates_and_counters_are_read_wherever_they_stand() {
        assert_eq!(place("orders_20261101.csv"), [20_261_101_000_000, 0]);
        assert_eq!(place("orders_2026-11-01_2.csv.gz"), [20_261_101_000_000, 2]);
        assert_eq!(place("orders-20261120-084745494.parquet"), [20_261_120_000_000, 84_745_494]);
        assert_eq!(place("orders_2026-11-01T12:30:05.json"), [20_261_101_123_005, 0]);
        assert_eq!(place("orders_20261101_1230.json"), [20_261_101_123_000, 0]);
        assert_eq!(place("dt=2026-11-01/part-00003.parquet"), [20_261_101_000_000, 3]);
        assert_eq!(place("year=2026/month=1/day=9/hour=7/part-1.json"), [20_260_109_070_000, 1]);
        assert_eq!(place("2026/11/01/7/part-1.json"), [20_261_101_070_000, 1]);
        assert_eq!(place("2026/11/01/batch-2/part-1.json"), [20_261_101_000_000, 2_000_001]);
        assert_eq!(place("pull=17/rows.json"), [17, 0]);
        assert_eq!(place("delta-9-10.json"), [0, 9_000_010]);
        assert_eq!(place("1764500000000.json"), [0, 1_764_500_000_000]);
        assert_eq!(place("rows.json"), [0, 0]);
    }

    #[test]
    fn what_is_drawn_at_random_says_nothing() {
        let one = place("2026-11-01/part-00000-3f2a9c1e-1234-4abc-8def-0123456789ab-c000.snappy.parquet");
        let other = place("2026-11-01/part-00000-00112233-4455-6677-8899-aabbccddeeff-c000.snappy.parquet");
        assert_eq!(one, other);
        assert_eq!(place("5e884898da28047151d0e56f8dc62927.json"), [0, 0]);
        assert_eq!(place("größe-ä3.json"), [0, 3]);
    }

    #[test]
    fn files_of_one_kind_of_name_are_in_the_order_of_their_numbers() {
        for names in [
            ["2026-11-01/part-9.json", "2026-11-01/part-10.json", "2026-11-02/part-1.json"],
            ["orders_20261101.csv", "orders_20261101_2.csv", "orders_20261102.csv"],
            ["2026-11-01_99.csv", "2026-11-01_100.csv", "2026-11-02_1.csv"],
            ["9/a.csv", "10/a.csv", "11/a.csv"],
            ["a.9.csv", "a.10.csv", "a.100.csv"],
            ["report-2026-11-01-7.csv", "report-2026-11-01-30.csv", "report-2026-11-02-1.csv"],
            ["year=2026/month=9/day=30/x.csv", "year=2026/month=10/day=1/x.csv", "year=2026/month=10/day=2/x.csv"],
        ] {
            assert!(names.map(place).is_sorted(), "{names:?} {:?}", names.map(place));
        }
    }
}
