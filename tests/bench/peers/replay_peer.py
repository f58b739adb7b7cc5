"""Full replay: a pile of unordered events becomes the last row of every key, as Parquet.

Three ways people write it: DuckDB with QUALIFY over whole rows, DuckDB with the winners found by keys first, and
Polars the same way.
"""

import os

import common

TASK = common.task()
os.environ["POLARS_MAX_THREADS"] = str(TASK.threads)  # Read when Polars is imported.

COPY = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PER_THREAD_OUTPUT true)"
FILES = [change["path"] for change in TASK.changes]


def by_qualify() -> str:
    """What people write: a window over everything."""
    columns = ", ".join(f'"{name}"' for name in TASK.columns)
    newest = f'row_number() OVER (PARTITION BY "{TASK.key}" ORDER BY _seq DESC) = 1'
    return f"SELECT {columns} FROM (SELECT * FROM read_parquet({FILES}) QUALIFY {newest}) WHERE _op <> 'd'"


def by_keys_first() -> str:
    """By hand: the newest sequence of every key from two narrow columns, then the rows of those."""
    columns = ", ".join(f's."{name}"' for name in TASK.columns)
    winners = f'SELECT "{TASK.key}" AS k, max(_seq) AS seq FROM read_parquet({FILES}) GROUP BY ALL'
    return (
        f"SELECT {columns} FROM read_parquet({FILES}) s SEMI JOIN ({winners}) w "
        f"""ON s."{TASK.key}" = w.k AND s._seq = w.seq WHERE s._op <> 'd'"""
    )


def duckdb_replay(query: str) -> str:
    """Runs SQL into the table's folder; the version."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {TASK.threads}")
    connection.execute("SET memory_limit = '16GB'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET temp_directory = '{TASK.table.parent / 'duckdb-spill'}'")
    meter = common.Meter(TASK.table)
    with meter.batch(1):
        connection.execute(f"COPY ({query}) TO '{TASK.table / 'out'}' {COPY}")
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
        version = duckdb_replay(by_qualify() if engine == "duckdb-qualify" else by_keys_first())
    common.finish(version, "parquet", files=[str(path) for path in sorted((TASK.table / "out").glob("*.parquet"))])


if __name__ == "__main__":
    main()
