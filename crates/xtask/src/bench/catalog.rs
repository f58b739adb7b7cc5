//! The benchmarks: data, work and who takes part.

/// Rows of one batch.
#[derive(Clone, Copy)]
pub(super) enum BatchRows {
    /// A share of the base table.
    Share(f64),
    /// The same number at every size.
    Fixed(u64),
}

/// What an engine does with the data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Makes the base table; nothing else is measured.
    Load,
    /// Applies batches of inserts and updates.
    Upsert,
    /// Applies batches of deletes.
    Delete,
    /// Makes the last row of every key out of unordered events.
    Replay,
    /// Keeps history: closes old rows, opens new ones.
    Scd2,
    /// Says what one version changed.
    Diff,
    /// Reads the table that Sluice left after many batches.
    ReadBack,
    /// Takes landed files to silver, with bronze, quarantine and checks.
    Pipeline,
    /// Makes silver anew out of bronze.
    Refresh,
}

impl Work {
    /// The word in a task.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Upsert => "upsert",
            Self::Delete => "delete",
            Self::Replay => "replay",
            Self::Scd2 => "scd2",
            Self::Diff => "diff",
            Self::ReadBack => "read-back",
            Self::Pipeline => "pipeline",
            Self::Refresh => "refresh",
        }
    }
}

/// One benchmark.
pub(super) struct Case {
    /// As on the command line; what follows a hyphen is a variant of the benchmark before it.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) work: Work,
    /// `bigint`, `uuid` (both random) or `sequence`.
    pub(super) key: &'static str,
    /// `upsert`, `mixed`, `delete`, `events`, `json_events` or `parquet_events`.
    pub(super) kind: &'static str,
    /// `uniform`, `zipf`, `recent` or `range`.
    pub(super) spread: &'static str,
    pub(super) columns: u64,
    pub(super) batch: BatchRows,
    pub(super) batches: u64,
    /// Rows of the base table (tables, where [`Case::many_tables`]) when the command line names none.
    pub(super) sizes: &'static [u64],
    /// The size is a number of tables of 1,000 rows each.
    pub(super) many_tables: bool,
    pub(super) engines: &'static [&'static str],
}

impl Case {
    /// The benchmark that a variant belongs to.
    pub(super) fn family(&self) -> &'static str {
        family_of(self.id)
    }
}

/// The benchmark of an id, of a variant or of a part of either: what comes before the hyphen.
pub(super) fn family_of(id: &str) -> &str {
    id.split_once('-').map_or(id, |(family, _)| family)
}

/// Rows of each of many small tables.
pub(super) const SMALL_TABLE_ROWS: u64 = 1000;

const TWO_SIZES: &[u64] = &[1_000_000, 4_000_000];
const WRITERS: &[&str] = &[
    "sluice",
    "sluice-nosync",
    "deltalake-1.6.6",
    "deltalake-1.5.0",
    "pysail",
    "spark",
    "duckdb",
    "duckdb-native",
    "polars",
];
const MERGERS: &[&str] = &["sluice", "sluice-nosync", "deltalake-1.6.6", "deltalake-1.5.0", "pysail"];

/// What most benchmarks have in common: uniform 1 % upserts of ten columns.
const UPSERT: Case = Case {
    id: "B2",
    title: "Upserts of 1 % of the table, spread evenly",
    work: Work::Upsert,
    key: "bigint",
    kind: "upsert",
    spread: "uniform",
    columns: 10,
    batch: BatchRows::Share(0.01),
    batches: 10,
    sizes: TWO_SIZES,
    many_tables: false,
    engines: WRITERS,
};

/// All of them, in the order they run.
pub(super) const CASES: &[Case] = &[
    Case { id: "B1", title: "Initial load", work: Work::Load, batches: 0, ..UPSERT },
    UPSERT,
    Case { id: "B2-40k", title: "Upserts of 40,000 rows at every size", batch: BatchRows::Fixed(40_000), ..UPSERT },
    Case { id: "B2-uuid", title: "Upserts of 1 %, keys of 36 characters", key: "uuid", ..UPSERT },
    Case {
        id: "B3-recent",
        title: "Upserts of 1 %, nine of ten in the newest tenth",
        key: "sequence",
        spread: "recent",
        ..UPSERT
    },
    Case { id: "B3-zipf", title: "Upserts of 1 %, Zipf 0.99", key: "sequence", spread: "zipf", ..UPSERT },
    Case {
        id: "B4",
        title: "Scattered deletes of 0.1 %",
        work: Work::Delete,
        kind: "delete",
        batch: BatchRows::Share(0.001),
        ..UPSERT
    },
    Case {
        id: "B4-range",
        title: "Delete of a range of keys, 10 % of the table",
        work: Work::Delete,
        key: "sequence",
        kind: "delete",
        spread: "range",
        batch: BatchRows::Share(0.1),
        batches: 1,
        ..UPSERT
    },
    Case {
        id: "B4-half",
        title: "Scattered deletes of half of the table",
        work: Work::Delete,
        kind: "delete",
        batch: BatchRows::Share(0.5),
        batches: 1,
        ..UPSERT
    },
    Case { id: "B5", title: "Upserts of 1 % of 200 columns", columns: 200, batches: 3, sizes: &[200_000], ..UPSERT },
    Case {
        id: "B6",
        title: "History (SCD 2), a batch per day",
        work: Work::Scd2,
        key: "bigint",
        batch: BatchRows::Share(0.001),
        batches: 730,
        sizes: &[100_000],
        engines: &["sluice", "sluice-nosync", "deltalake-1.6.6", "duckdb"],
        ..UPSERT
    },
    Case {
        id: "B7",
        title: "Many small tables, 100 rows per table and batch",
        batch: BatchRows::Fixed(100),
        sizes: &[100],
        many_tables: true,
        engines: MERGERS,
        ..UPSERT
    },
    Case {
        id: "B8",
        title: "Full replay of unordered events",
        work: Work::Replay,
        kind: "events",
        batch: BatchRows::Fixed(0),
        batches: 0,
        sizes: &[10_000_000],
        engines: &["sluice", "sluice-nosync", "duckdb-table", "duckdb-keys-first", "duckdb-qualify", "polars"],
        ..UPSERT
    },
    Case {
        id: "B9",
        title: "What a version changed: 100,000 rows, half of them updated",
        work: Work::Diff,
        kind: "mixed",
        batch: BatchRows::Fixed(100_000),
        batches: 1,
        engines: &["sluice", "duckdb-join", "duckdb-except"],
        ..UPSERT
    },
    Case {
        id: "B9-narrow",
        title: "What a version changed, four columns",
        work: Work::Diff,
        kind: "mixed",
        columns: 4,
        batch: BatchRows::Fixed(100_000),
        batches: 1,
        sizes: &[100_000_000],
        engines: &["sluice", "duckdb-join", "duckdb-except"],
        ..UPSERT
    },
    Case {
        id: "C1",
        title: "Reading after many batches against a compacted table",
        work: Work::ReadBack,
        batches: 100,
        batch: BatchRows::Share(0.001),
        sizes: &[1_000_000],
        engines: &["deltalake-1.6.6", "polars", "pysail"],
        ..UPSERT
    },
    PIPELINE,
    Case {
        id: "pipeline-parquet",
        title: "From files to silver: Parquet as AWS DMS writes it, with bronze, quarantine and checks",
        kind: "parquet_events",
        ..PIPELINE
    },
    Case {
        id: "pipeline-refresh",
        title: "A full refresh: silver made anew from bronze",
        work: Work::Refresh,
        kind: "parquet_events",
        engines: &["sluice"],
        ..PIPELINE
    },
];

const PIPELINE: Case = Case {
    id: "pipeline-json",
    title: "From files to silver: Debezium JSON, with bronze, quarantine and checks",
    work: Work::Pipeline,
    kind: "json_events",
    batch: BatchRows::Fixed(0),
    batches: 0,
    engines: &["sluice", "duckdb", "spark"],
    ..UPSERT
};

/// The cases that a word names: the one of that id, else all variants of that benchmark.
pub(super) fn named(word: &str) -> Vec<&'static Case> {
    let exact: Vec<&Case> = CASES.iter().filter(|case| case.id.eq_ignore_ascii_case(word)).collect();
    if !exact.is_empty() || word.contains('-') {
        return exact;
    }
    CASES.iter().filter(|case| case.family().eq_ignore_ascii_case(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::{CASES, named};

    #[test]
    fn a_number_names_itself_or_its_variants() {
        let ids = |word: &str| named(word).iter().map(|case| case.id).collect::<Vec<_>>();
        assert_eq!(ids("b4"), ["B4"]);
        assert_eq!(ids("B2-uuid"), ["B2-uuid"]);
        assert_eq!(ids("B3"), ["B3-recent", "B3-zipf"]);
        assert_eq!(ids("pipeline"), ["pipeline-json", "pipeline-parquet", "pipeline-refresh"]);
        assert!(ids("B").is_empty() && ids("B2-nothing").is_empty());
    }

    #[test]
    fn every_case_has_its_own_id() {
        for (at, case) in CASES.iter().enumerate() {
            assert!(CASES[..at].iter().all(|other| other.id != case.id), "{}", case.id);
        }
    }
}
