"""What DuckDB and Polars need to read a file into typed columns: `decode_peer.py FILE`.

Prints a JSON line per reader with its CPU seconds. They parse every record into the columns that it has; they do not
order events, tell operations apart or check values against a contract.
"""

import json
import pathlib
import resource
import sys
import time

import duckdb
import polars

FILE = pathlib.Path(sys.argv[1])
KINDS = {".json": "json", ".csv": "csv", ".parquet": "parquet"}
KIND = KINDS[FILE.suffix]


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def by_duckdb() -> int:
    readers = {"json": "read_ndjson", "csv": "read_csv", "parquet": "read_parquet"}
    options = {"json": ", maximum_object_size=16777216"}.get(KIND, "")
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        connection.execute(f"CREATE TABLE t AS SELECT * FROM {readers[KIND]}('{FILE}'{options})")
        return connection.execute("SELECT count(*) FROM t").fetchone()[0]


def by_polars() -> int:
    readers = {"json": polars.read_ndjson, "csv": polars.read_csv, "parquet": polars.read_parquet}
    return readers[KIND](FILE).height


for name, read in {"DuckDB": by_duckdb, "Polars": by_polars}.items():
    before, begun = cpu(), time.perf_counter()
    try:
        rows = read()
        line = {"reader": name, "file": str(FILE), "rows": rows, "cpu": cpu() - before, "wall": time.perf_counter() - begun}
    except Exception as error:
        line = {"reader": name, "file": str(FILE), "failed": f"{type(error).__name__}"}
    print(json.dumps(line), flush=True)
