"""What DuckDB and Polars need to read a file into typed columns, and to keep the latest row of each key: `decode_peer.py FILE`.

Prints a JSON line per reader with its CPU seconds of both; the second begins with the file, too, and ends with a Parquet file.
They do not tell operations apart, keep no record as delivered and check no value against a contract.
"""

import json
import pathlib
import resource
import sys
import tempfile

import duckdb
import polars
from decode_jobs import job_of, latest

FILE = pathlib.Path(sys.argv[1])
KINDS = {".json": "json", ".csv": "csv", ".parquet": "parquet"}
KIND = KINDS[FILE.suffix]
JOB = job_of(FILE)


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def duckdb_source() -> str:
    readers = {"json": "read_ndjson", "csv": "read_csv", "parquet": "read_parquet"}
    options = {"json": ", maximum_object_size=16777216"}.get(KIND, "")
    return f"{readers[KIND]}('{FILE}'{options})"


def in_duckdb(statement: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        connection.execute(statement)


def duckdb_reads(_: str) -> None:
    in_duckdb(f"CREATE TABLE t AS SELECT * FROM {duckdb_source()}")


def duckdb_applies(target: str) -> None:
    query = latest(JOB, duckdb_source(), '"', 1)
    in_duckdb(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def frame() -> polars.DataFrame:
    return {"json": polars.read_ndjson, "csv": polars.read_csv, "parquet": polars.read_parquet}[KIND](FILE)


def expression(path: str) -> polars.Expr:
    name, *parts = path.split(".")
    value = polars.col(name)
    for part in parts:
        value = value.list.get(int(part)) if part.isdigit() else value.struct.field(part)
    return value


def polars_reads(_: str) -> None:
    frame()


def polars_applies(target: str) -> None:
    rows = frame().with_columns(expression(JOB.key).alias("key of row"), expression(JOB.order).alias("order of row"))
    rows = rows.sort("order of row").unique("key of row", keep="last").drop("key of row", "order of row")
    if JOB.row is not None:
        rows = rows.select(expression(JOB.row).alias("content"))
    rows.write_parquet(target, compression="zstd")


for name, works in {"DuckDB": (duckdb_reads, duckdb_applies), "Polars": (polars_reads, polars_applies)}.items():
    line = {"reader": name, "file": str(FILE)}
    for measure, work in zip(["cpu", "silver_cpu"], works):
        with tempfile.TemporaryDirectory() as folder:
            before = cpu()
            try:
                work(f"{folder}/silver.parquet")
                line[measure] = cpu() - before
            except Exception as error:
                line["failed"] = f"{measure}: {type(error).__name__}"
    print(json.dumps(line), flush=True)
