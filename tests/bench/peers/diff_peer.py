"""The difference of two versions of a table without a log: DuckDB joins or subtracts all of both.

The version before are the base rows as they were made, the version after is written once, which is not measured.
`duckdb-join` finds inserted, updated and deleted rows by a FULL JOIN over the key, `duckdb-except` the rows that only
one side has. Parts as Sluice's: the counts, the first rows in the order of the key, all changed rows.
"""

import common
import duckdb

TASK = common.task()
JOIN = TASK.words["engine"] == "duckdb-join"
FIRST_ROWS = 200
ROUNDS = 2
COPY = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PER_THREAD_OUTPUT true)"
COLUMNS = ", ".join(f'"{name}"' for name in TASK.columns)
KEY = f'"{TASK.key}"'


def connect() -> duckdb.DuckDBPyConnection:
    """A connection at its best settings for this machine."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {TASK.threads}")
    connection.execute("SET memory_limit = '12GB'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET temp_directory = '{TASK.table.parent / 'duckdb-spill'}'")
    return connection


def versions(connection: duckdb.DuckDBPyConnection) -> None:
    """Views `v1` and `v2`."""
    base, changes, after = f"read_parquet({TASK.base})", f"read_parquet('{TASK.changes[0]['path']}')", TASK.table / "v2"
    TASK.table.mkdir(parents=True, exist_ok=True)
    connection.execute(
        f"COPY (SELECT {COLUMNS} FROM {base} t ANTI JOIN {changes} s ON t.{KEY} = s.{KEY} "
        f"UNION ALL SELECT {COLUMNS} FROM {changes} WHERE _op <> 'd') TO '{after}' {COPY}"
    )
    connection.execute(f"CREATE VIEW v1 AS SELECT {COLUMNS} FROM {base}")
    connection.execute(f"CREATE VIEW v2 AS SELECT {COLUMNS} FROM read_parquet('{after}/*.parquet')")


def joined() -> str:
    """Changed rows with their kind and both sides."""
    others = [f'"{name}"' for name in TASK.columns if name != TASK.key]
    differs = " OR ".join(f"o.{name} IS DISTINCT FROM n.{name}" for name in others)
    sides = ", ".join(f'o.{name} AS "old.{name[1:-1]}", n.{name} AS "new.{name[1:-1]}"' for name in others)
    return (
        f"SELECT CASE WHEN o.{KEY} IS NULL THEN '+' WHEN n.{KEY} IS NULL THEN '-' ELSE '~' END AS kind, "
        f"coalesce(n.{KEY}, o.{KEY}) AS k, {sides} FROM v1 o FULL JOIN v2 n ON o.{KEY} = n.{KEY} "
        f"WHERE o.{KEY} IS NULL OR n.{KEY} IS NULL OR {differs}"
    )


def subtracted() -> str:
    """Rows that only one side has."""
    added, removed = "SELECT * FROM v2 EXCEPT SELECT * FROM v1", "SELECT * FROM v1 EXCEPT SELECT * FROM v2"
    return f"SELECT 'new' AS kind, {KEY} AS k, * FROM ({added}) UNION ALL SELECT 'old', {KEY}, * FROM ({removed})"


def main() -> None:
    """Every part, several times."""
    connection = connect()
    versions(connection)
    rows = joined() if JOIN else subtracted()
    batch = TASK.changes[0]["rows"]
    quarter = batch // 4
    updated = batch - 2 * quarter
    right = {"+": quarter, "-": quarter, "~": updated} if JOIN else {"new": quarter + updated, "old": quarter + updated}
    equal = True
    meter = common.Meter(TASK.table)
    for part in ("counts", "first", "all"):
        for number in range(ROUNDS):
            with meter.batch(number, commits=0, part=part):
                if part == "counts":
                    found = connection.execute(f"SELECT kind, count(*) FROM ({rows}) GROUP BY kind").fetchall()
                elif part == "first":
                    # As Arrow: Python's own timestamps would cost more than the query.
                    first = connection.sql(f"SELECT * FROM ({rows}) ORDER BY k LIMIT {FIRST_ROWS}").to_arrow_table()
                else:
                    connection.execute(f"CREATE OR REPLACE TEMP TABLE changed AS {rows} ORDER BY k")
            if part == "all":
                found = connection.execute("SELECT kind, count(*) FROM changed GROUP BY kind").fetchall()
            equal = equal and (first.num_rows == FIRST_ROWS if part == "first" else dict(found) == right)
    common.finish(duckdb.__version__, "parquet", equal=equal)


if __name__ == "__main__":
    main()
