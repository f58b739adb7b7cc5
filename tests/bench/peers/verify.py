"""Compares a peer's table with the oracle: what DuckDB's QUALIFY makes of the same base rows and changes.

Both sides are reduced to the same fingerprint: number of rows, the sum of a hash of every column, and the sum of
a hash of whole rows; sums do not depend on order. Delta tables are read by delta-rs. Prints `{"equal": …}`.
"""

import json
import pathlib
import sys

import common
import duckdb
import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

SQL_TYPES = {"string": "VARCHAR", "uuid": "VARCHAR", "timestamp": "TIMESTAMPTZ"}


def connection(task: common.Task) -> duckdb.DuckDBPyConnection:
    """DuckDB within the memory of a small machine."""
    made = duckdb.connect()
    made.execute("SET threads = 2")
    made.execute("SET memory_limit = '8GB'")
    made.execute("SET TimeZone = 'UTC'")
    made.execute("SET preserve_insertion_order = false")
    made.execute(f"SET temp_directory = '{task.table.parent / 'verify-spill'}'")
    return made


def fingerprint(database: duckdb.DuckDBPyConnection, task: common.Task, relation: str, more: list[str]) -> dict:
    """Row count and order-independent sums of hashes."""
    kinds = task.types | dict.fromkeys(more, "bigint")
    names = task.columns + more
    cast = [f'"{name}"::{SQL_TYPES.get(kinds[name], kinds[name])} AS "{name}"' for name in names]
    sums = [f'sum(hash("{name}"))::VARCHAR' for name in names]
    whole = "sum(hash(" + ", ".join(f'"{name}"' for name in names) + "))::VARCHAR"
    row = database.execute(
        f"SELECT count(*), {whole}, {', '.join(sums)} FROM (SELECT {', '.join(cast)} FROM {relation})"
    ).fetchone()
    return {"rows": row[0], "whole": row[1], "columns": dict(zip(names, row[2:]))}


def history(task: common.Task) -> str:
    """Base rows and changes, in one relation with `_op` and `_seq`."""
    columns = ", ".join(f'"{name}"' for name in task.columns)
    parts = []
    if task.base:
        parts.append(f"SELECT {columns}, 'u' AS _op, 0::BIGINT AS _seq FROM read_parquet({task.base})")
    if task.changes:
        files = [change["path"] for change in task.changes]
        absent = task.columns if task.words["work"] == "delete" else []
        listed = ", ".join(f'NULL AS "{name}"' if name in absent and name != task.key else f'"{name}"' for name in task.columns)
        parts.append(f"SELECT {listed}, _op, _seq FROM read_parquet({files})")
    return "(" + " UNION ALL ".join(parts) + ")"


def oracle(task: common.Task) -> dict:
    """The fingerprint that is right; kept beside the data, because it costs more than some of the peers."""
    scd2 = task.words["work"] == "scd2"
    kept = task.data / f"oracle-{task.words['work']}-{len(task.changes)}.json"
    if kept.exists():
        return json.loads(kept.read_text(encoding="utf-8"))
    database = connection(task)
    if scd2:
        after = f'lead(_seq) OVER (PARTITION BY "{task.key}" ORDER BY _seq)'
        relation = f"(SELECT *, _seq AS __START_AT, {after} AS __END_AT FROM {history(task)})"
        found = fingerprint(database, task, relation, ["__START_AT", "__END_AT"])
    else:
        newest = f'row_number() OVER (PARTITION BY "{task.key}" ORDER BY _seq DESC) = 1'
        relation = f"(SELECT * FROM (SELECT * FROM {history(task)} QUALIFY {newest}) WHERE _op <> 'd')"
        found = fingerprint(database, task, relation, [])
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def result(task: common.Task, done: dict, table: pathlib.Path) -> dict:
    """The fingerprint of a peer's table."""
    database = connection(task)
    more = ["__START_AT", "__END_AT"] if task.words["work"] == "scd2" else []
    if done["kind"] == "parquet":
        return fingerprint(database, task, f"read_parquet({done['files']})", more)
    if done["kind"] == "duckdb":
        database.execute(f"ATTACH '{done['files'][0]}' AS peer (READ_ONLY)")
        return fingerprint(database, task, "peer.t", more)
    names = ", ".join(f'"{name}"' for name in task.columns + more)
    reader = QueryBuilder().register("t", DeltaTable(str(table))).execute(f"SELECT {names} FROM t")
    database.register("rows", pa.RecordBatchReader.from_stream(reader))
    return fingerprint(database, task, "rows", more)


def main() -> None:
    """Compares every table of a task."""
    task = common.task()
    done = json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))
    right = oracle(task)
    tables = [pathlib.Path(path) for path in done.get("tables", map(str, task.tables()))]
    differing = []
    for table in tables:
        found = result(task, done, table)
        if found != right:
            columns = [name for name, value in right["columns"].items() if found["columns"].get(name) != value]
            differing.append(f"{table.name}: {found['rows']} rows instead of {right['rows']}, differing columns {columns}")
    quarantined = done.get("quarantined", task.plan.get("broken", 0))
    if quarantined != task.plan.get("broken", 0):
        differing.append(f"{quarantined} records in quarantine instead of {task.plan['broken']}")
    common.say(equal=not differing, rows=right["rows"], differences=differing[:5])


if __name__ == "__main__":
    main()
