"""Full replay: a pile of unordered events becomes the last row of every key, as Parquet.

Ways people write it: DuckDB with QUALIFY over whole rows, DuckDB with the winners found by keys first, and Polars the
same way. What they leave are rows in no order, which say nothing of how new they are, so that nobody can apply the next
batch to them. `duckdb-table` leaves what Sluice leaves: rows in the order of their keys, with their sequence.
"""

import os

import common

TASK = common.task()
os.environ["POLARS_MAX_THREADS"] = str(TASK.threads)  # Read when Polars is imported.

PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"
COPY = f"({PARQUET}, PER_THREAD_OUTPUT true)"
FILES = [change["path"] for change in TASK.changes]


def by_qualify() -> str:
    """What people write: a window over everything."""
    columns = ", ".join(f'"{name}"' for name in TASK.columns)
    newest = f'row_number() OVER (PARTITION BY "{TASK.key}" ORDER BY _seq DESC) = 1'
    return f"SELECT {columns} FROM (SELECT * FROM read_parquet({FILES}) QUALIFY {newest}) WHERE _op <> 'd'"


def by_keys_first(more: str = "") -> str:
    """By hand: the newest sequence of every key from two narrow columns, then the rows of those."""
    columns = ", ".join(f's."{name}"' for name in TASK.columns) + more
    winners = f'SELECT "{TASK.key}" AS k, max(_seq) AS seq FROM read_parquet({FILES}) GROUP BY ALL'
    return (
        f"SELECT {columns} FROM read_parquet({FILES}) s SEMI JOIN ({winners}) w "
        f"""ON s."{TASK.key}" = w.k AND s._seq = w.seq WHERE s._op <> 'd'"""
    )


def as_a_table() -> str:
    """By keys first, in the order of the keys, with a sequence of 66 hex digits as Sluice keeps it."""
    digits = "lpad(lower(hex(s._seq)), 16, '0')"
    sequence = f"'01' || {digits} || repeat('0', 32) || '8000000000000000' AS _seq, NULL::VARCHAR AS _col_seq"
    return by_keys_first(f", {sequence}") + f' ORDER BY s."{TASK.key}"'


def duckdb_replay(query: str, ordered: bool) -> str:
    """Runs SQL into the table's folder; the version."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {TASK.threads}")
    connection.execute("SET memory_limit = '16GB'")
    connection.execute(f"SET preserve_insertion_order = {str(ordered).lower()}")
    connection.execute(f"SET temp_directory = '{TASK.table.parent / 'duckdb-spill'}'")
    meter = common.Meter(TASK.table)
    target, options = (TASK.table / "out", COPY)
    if ordered:
        target.mkdir()
        target, options = (target / "0.parquet", f"({PARQUET})")
    with meter.batch(1):
        connection.execute(f"COPY ({query}) TO '{target}' {options}")
    return duckdb.__version__


def polars_replay() -> str:
    """The same as `by_keys_first`, streamed as far as Polars can; the version."""
    import polars as pl

    meter = common.Meter(TASK.table)
    with meter.batch(1):
        events = pl.scan_parquet(FILES)
        winners = events.group_by(TASK.key).agg(pl.col("_seq").max())
        rows = events.join(winners, on=[TASK.key, "_seq"], how="semi").filter(pl.col("_op") != "d")
        (TASK.table / "out").mkdir()
        rows.select(TASK.columns).sink_parquet(
            TASK.table / "out" / "0.parquet", compression="zstd", compression_level=1, maintain_order=False
        )
    return pl.__version__


def main() -> None:
    """One replay."""
    TASK.table.mkdir(parents=True, exist_ok=True)
    engine = TASK.words["engine"]
    if engine == "polars":
        version = polars_replay()
    else:
        queries = {"duckdb-qualify": by_qualify, "duckdb-keys-first": by_keys_first, "duckdb-table": as_a_table}
        version = duckdb_replay(queries[engine](), ordered=engine == "duckdb-table")
    common.finish(version, "parquet", files=[str(path) for path in sorted((TASK.table / "out").glob("*.parquet"))])


if __name__ == "__main__":
    main()
