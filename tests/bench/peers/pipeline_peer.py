"""From landed files to silver: bronze as delivered, quarantine, checks, the last row of every key.

Three ways to do the same: Sluice's own `replay`, SQL by hand in DuckDB, and Spark with Delta. `refresh` is Sluice's
rebuild of silver from bronze, after a replay that is not measured.
"""

import contextlib
import importlib.metadata
import json
import os
import pathlib
import resource
import subprocess
import threading
import time

import common

TASK = common.task()
JSON = TASK.case.endswith("json")
FILES = [str(TASK.data / name) for name in TASK.plan["landing"]]
SOURCE = "landing/events"
SQL_TYPES = {"string": "VARCHAR", "timestamp": "TIMESTAMPTZ"}
SPARK_TYPES = {"string": "STRING", "timestamp": "TIMESTAMP"}
PARQUET = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PER_THREAD_OUTPUT true)"
CHECKS = {
    "null_percentage(discount) < 0.5": "count(*) FILTER (WHERE discount IS NULL) < 0.5 * count(*)",
    "min_value(quantity, 0)": "coalesce(min(quantity), 0) >= 0",
    "max_value(quantity, 1000000)": "coalesce(max(quantity), 0) <= 1000000",
}
OWN_CHECKS = ["count(*) = count(id)", "count(*) = count(DISTINCT id)"]


def checked(row) -> None:
    """Stops where a check does not hold."""
    if not all(row):
        raise SystemExit(f"checks did not hold: {row}")


class Sluice:
    """The program as people run it, in a process of its own."""

    def __init__(self):
        (TASK.table / "contracts/bench").mkdir(parents=True)
        (TASK.table / SOURCE).mkdir(parents=True)
        for file in FILES:
            os.link(file, TASK.table / SOURCE / pathlib.Path(file).name)
        source = "format: debezium_json, decimals: text" if JSON else "format: dms_parquet"
        order = "source.lsn" if JSON else "transact_seq"
        lines = ["dataset: bench.t", f'source: {{path: "{SOURCE}/", {source}}}', f"apply: {{sequence: [{order}]}}", "quality:"]
        lines += [f'- check: "{check}"' for check in CHECKS]
        lines.append("schema:")
        for name in TASK.columns:
            key = ", primary_key: true" if name == TASK.key else ""
            lines.append(f'- {{name: {name}, type: "{TASK.types[name]}"{key}}}')
        (TASK.table / "contracts/bench/t.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.peak = 0.0

    def replay(self, *words: str) -> dict:
        """One run of the program; its peak is that of all its processes together, as far as sampling sees it."""
        command = [TASK.words["program"], "--lake", str(TASK.table), "--json", "replay", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        watch = threading.Thread(target=self.watch, args=(process,), daemon=True)
        watch.start()
        said, _ = process.communicate()
        watch.join()
        if process.returncode:
            raise SystemExit(f"replay ended with {process.returncode}")
        return json.loads(said)

    def watch(self, process: subprocess.Popen) -> None:
        """Adds up what is resident, every 10 ms."""
        while process.poll() is None:
            pids = [process.pid, *children(process.pid)]
            self.peak = max(self.peak, sum(map(resident_mb, pids)))
            time.sleep(0.01)

    def run(self) -> dict:
        """Everything, or only the rebuild."""
        if TASK.words["work"] == "refresh":
            self.replay()
            self.peak = 0.0
            with metered():
                self.replay("--full-refresh")
        else:
            with metered():
                self.replay()
        version = subprocess.check_output([TASK.words["program"], "--version"], text=True).split()[-1]
        folder = TASK.table / "silver/bench/t"
        quarantine = self.quarantined()
        return {"version": version, "kind": "delta", "tables": [str(folder)], "quarantined": quarantine, "peak": self.peak}

    def quarantined(self) -> int:
        """Records in quarantine, read by another program."""
        from deltalake import DeltaTable

        return DeltaTable(str(TASK.table / "_sluice/quarantine/bench/t")).to_pyarrow_dataset().count_rows()


def children(pid: int) -> list[int]:
    """Processes that a process started, directly or not."""
    found = []
    with contextlib.suppress(OSError):
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found += [int(child), *children(int(child))]
    return found


def resident_mb(pid: int) -> float:
    """Resident memory of a process now."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    return 0.0


@contextlib.contextmanager
def metered():
    """What ended child processes cost, and what is new in the table's folder."""
    seen = common.sizes(TASK.table)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    yield
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    written = sum(size for name, (size, at) in common.sizes(TASK.table).items() if seen.get(name) != (size, at))
    common.say(batch=1, wall_s=wall, cpu_s=cpu, commits=1, bytes_written=written)


class DuckDb:
    """By hand: a Parquet bronze, typed rows in a temporary table, quarantine, the newest row of every key, checks."""

    def __init__(self):
        import duckdb

        self.sql = duckdb.connect()
        self.sql.execute(f"SET threads = {TASK.threads}")
        self.sql.execute("SET memory_limit = '16GB'")
        self.sql.execute("SET preserve_insertion_order = false")
        self.sql.execute("SET TimeZone = 'UTC'")
        self.sql.execute(f"SET temp_directory = '{TASK.table.parent / 'duckdb-spill'}'")

    def typed(self) -> str:
        """Rows of the table with operation and order, out of bronze."""
        bronze = f"read_parquet('{TASK.table}/bronze/*.parquet')"
        kinds = {name: SQL_TYPES.get(kind, kind) for name, kind in TASK.types.items()}
        if not JSON:
            columns = ", ".join(f'"{name}"::{kind} AS "{name}"' for name, kind in kinds.items())
            return f"SELECT Op AS op, transact_seq AS seq, {columns} FROM {bronze}"
        row = {name: "INTEGER" if kind == "date" else kind.upper() for name, kind in kinds.items()}
        shape = json.dumps({"op": "VARCHAR", "before": row, "after": row, "source": {"lsn": "BIGINT"}})
        days = lambda name: f"DATE '1970-01-01' + r.{name}" if kinds[name] == "date" else f"r.{name}"
        columns = ", ".join(f'{days(name)} AS "{name}"' for name in kinds)
        parsed = f"SELECT json_transform(record, '{shape}') AS e FROM {bronze}"
        rows = f"SELECT e.op AS op, e.source.lsn AS seq, CASE WHEN e.op = 'd' THEN e.before ELSE e.after END AS r FROM ({parsed})"
        return f"SELECT op, seq, {columns} FROM ({rows})"

    def run(self) -> dict:
        """All of it."""
        columns = ", ".join(f's."{name}"' for name in TASK.columns)
        for layer in ("bronze", "silver", "quarantine"):
            (TASK.table / layer).mkdir()
        meter = common.Meter(TASK.table)
        with meter.batch(1):
            read = f"SELECT filename AS file, json AS record FROM read_ndjson_objects({FILES}, filename = true)"
            if not JSON:
                read = f"SELECT *, filename AS file FROM read_parquet({FILES}, filename = true)"
            self.sql.execute(f"COPY ({read}) TO '{TASK.table}/bronze' {PARQUET[:-1]}, OVERWRITE_OR_IGNORE)")
            self.sql.execute(f"CREATE TEMP TABLE typed AS {self.typed()}")
            broken = f"SELECT *, 'no key' AS reason FROM typed WHERE {TASK.key} IS NULL"
            self.sql.execute(f"COPY ({broken}) TO '{TASK.table}/quarantine/0.parquet' (FORMAT parquet, COMPRESSION zstd)")
            winners = f"SELECT {TASK.key} AS k, max(seq) AS seq FROM typed WHERE {TASK.key} IS NOT NULL GROUP BY ALL"
            newest = (
                f"SELECT {columns} FROM typed s SEMI JOIN ({winners}) w ON s.{TASK.key} = w.k AND s.seq = w.seq "
                "WHERE upper(s.op) <> 'D'"
            )
            self.sql.execute(f"COPY ({newest}) TO '{TASK.table}/silver' {PARQUET[:-1]}, OVERWRITE_OR_IGNORE)")
            tests = ", ".join([*CHECKS.values(), *OWN_CHECKS])
            checked(self.sql.execute(f"SELECT {tests} FROM read_parquet('{TASK.table}/silver/*.parquet')").fetchone())
        (count,) = self.sql.execute(f"SELECT count(*) FROM read_parquet('{TASK.table}/quarantine/*.parquet')").fetchone()
        files = [str(path) for path in sorted((TASK.table / "silver").glob("*.parquet"))]
        return {"version": importlib.metadata.version("duckdb"), "kind": "parquet", "files": files, "quarantined": count}


class Spark:
    """Delta tables for bronze, quarantine and silver, and MERGE into silver."""

    def __init__(self):
        self.spark = common.spark_with_delta(TASK.threads)

    def typed(self) -> str:
        """Rows of the table with operation and order, out of bronze."""
        kinds = {name: SPARK_TYPES.get(kind, kind.upper()) for name, kind in TASK.types.items()}
        bronze = f"delta.`{TASK.table}/bronze`"
        if not JSON:
            columns = ", ".join(f"CAST(`{name}` AS {kind}) AS `{name}`" for name, kind in kinds.items())
            return f"SELECT Op AS op, transact_seq AS seq, {columns} FROM {bronze}"
        row = ", ".join(f"`{name}`: {'INT' if kind == 'DATE' else kind}" for name, kind in kinds.items())
        shape = f"op STRING, before STRUCT<{row}>, after STRUCT<{row}>, source STRUCT<lsn: BIGINT>"
        days = lambda name: f"date_from_unix_date(r.`{name}`)" if kinds[name] == "DATE" else f"r.`{name}`"
        columns = ", ".join(f"{days(name)} AS `{name}`" for name in kinds)
        parsed = f"SELECT from_json(record, '{shape}') AS e FROM {bronze}"
        rows = f"SELECT e.op AS op, e.source.lsn AS seq, if(e.op = 'd', e.before, e.after) AS r FROM ({parsed})"
        return f"SELECT op, seq, {columns} FROM ({rows})"

    def run(self) -> dict:
        """All of it."""
        from pyspark.sql import functions

        sql = self.spark.sql
        names = ", ".join(f"`{name}` {SPARK_TYPES.get(kind, kind.upper())}" for name, kind in TASK.types.items())
        silver = f"delta.`{TASK.table}/silver`"
        meter = common.Meter(TASK.table)
        with meter.batch(1):
            read = self.spark.read
            landed = read.text(FILES).withColumnRenamed("value", "record") if JSON else read.parquet(*FILES)
            landed = landed.withColumn("file", functions.input_file_name())
            landed.write.format("delta").save(f"{TASK.table}/bronze")
            sql(self.typed()).createOrReplaceTempView("typed")
            sql(f"SELECT *, 'no key' AS reason FROM typed WHERE `{TASK.key}` IS NULL").write.format("delta").save(
                f"{TASK.table}/quarantine"
            )
            sql(f"CREATE TABLE silver ({names}, _seq BIGINT) USING delta LOCATION '{TASK.table}/silver'").collect()
            columns = ", ".join(f"`{name}`" for name in TASK.columns)
            number = f"row_number() OVER (PARTITION BY `{TASK.key}` ORDER BY seq DESC) AS n"
            numbered = f"SELECT *, {number} FROM typed WHERE `{TASK.key}` IS NOT NULL"
            batch = f"SELECT op, {columns}, seq AS _seq FROM ({numbered}) WHERE n = 1"
            values = ", ".join(f"s.`{name}`" for name in [*TASK.columns, "_seq"])
            sets = ", ".join(f"`{name}` = s.`{name}`" for name in [*TASK.columns, "_seq"])
            sql(
                f"MERGE INTO {silver} t USING ({batch}) s ON t.`{TASK.key}` = s.`{TASK.key}` "
                f"WHEN MATCHED AND s._seq > t._seq AND upper(s.op) = 'D' THEN DELETE "
                f"WHEN MATCHED AND s._seq > t._seq THEN UPDATE SET {sets} "
                f"WHEN NOT MATCHED AND upper(s.op) <> 'D' THEN INSERT ({columns}, _seq) VALUES ({values})"
            ).collect()
            tests = ", ".join(f"{test} AS c{at}" for at, test in enumerate([*CHECKS.values(), *OWN_CHECKS]))
            checked(sql(f"SELECT {tests} FROM {silver}").collect()[0])
        count = sql(f"SELECT count(*) FROM delta.`{TASK.table}/quarantine`").collect()[0][0]
        version = importlib.metadata.version("delta-spark")
        return {"version": version, "kind": "delta", "tables": [f"{TASK.table}/silver"], "quarantined": count}


def main() -> None:
    """One engine, once."""
    TASK.table.mkdir(parents=True, exist_ok=True)
    engine = {"sluice": Sluice, "duckdb": DuckDb, "spark": Spark}[TASK.words["engine"]]()
    done = engine.run()
    peak = done.pop("peak", None) or common.peak_mb()
    common.say(done=True, peak_rss_mb=peak, **done)


if __name__ == "__main__":
    main()
