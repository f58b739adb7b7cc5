"""What every peer shares: the task it is given, how its cost is taken, and the lines that `cargo xtask bench` reads.

A peer is one process. It is given a task (JSON), works off its batches and prints one JSON line per batch:
wall and CPU seconds of that batch alone, commits, and bytes of the files that are new in the table's folder.
Imports, start-up of a server and the walk over the folder are outside of the measured part.
"""

import contextlib
import json
import os
import pathlib
import resource
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Task:
    """The JSON document that names data, table and batches."""

    def __init__(self, path: str):
        self.words = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        self.phase = self.words["phase"]
        self.case = self.words["case"]
        self.data = pathlib.Path(self.words["data"])
        self.table = pathlib.Path(self.words["table"])
        self.threads = self.words["threads"]
        self.batches = self.words["batches"]
        plan = json.loads((self.data / "data.json").read_text(encoding="utf-8"))
        self.plan = plan
        self.key = plan["key"]
        self.columns = [name for name, _ in plan["columns"]]
        self.types = dict(plan["columns"])
        self.base = [str(self.data / name) for name in plan["base"]]
        self.changes = [dict(change, path=str(self.data / change["file"])) for change in plan["changes"]][: self.batches]

    def tables(self) -> list[pathlib.Path]:
        """The folders of the tables: one, or many small ones."""
        count = self.words.get("tables", 1)
        return [self.table] if count == 1 else [self.table / f"t{number:04}" for number in range(count)]


def cpu_seconds() -> float:
    """User and system seconds of this process and of everything it started."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime + sum(ticks for _, ticks in descendants()) / TICKS


def peak_mb() -> float:
    """Peak resident memory since `forget_peak`, with that of started processes, in MB."""
    total = 0
    for pid in [os.getpid(), *(pid for pid, _ in descendants())]:
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    total += int(line.split()[1])
    return total * 1024 / 1e6


def forget_peak() -> None:
    """Starts the peak of memory anew at what is resident at this moment."""
    for pid in [os.getpid(), *(pid for pid, _ in descendants())]:
        with contextlib.suppress(OSError):
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


def descendants() -> list[tuple[int, int]]:
    """Processes started by this one, directly or not, with their CPU ticks."""
    parents, ticks = {}, {}
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(fields[1])
            ticks[int(folder.name)] = int(fields[11]) + int(fields[12])
    found, level = [], {os.getpid()}
    while level:
        level = {pid for pid, parent in parents.items() if parent in level}
        found += [(pid, ticks[pid]) for pid in level]
    return found


def sizes(folder: pathlib.Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file below a folder."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                stat = os.stat(os.path.join(place, name))
                found[os.path.join(place, name)] = (stat.st_size, stat.st_mtime_ns)
    return found


class Meter:
    """Takes the cost of one batch after the other."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.seen = sizes(folder)
        forget_peak()

    @contextlib.contextmanager
    def batch(self, number: int, commits: int = 1, **more):
        """Measures what is done inside."""
        wall, cpu = time.perf_counter(), cpu_seconds()
        yield
        wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
        now = sizes(self.folder)
        written = sum(size for name, (size, at) in now.items() if self.seen.get(name) != (size, at))
        self.seen = now
        say(batch=number, wall_s=wall, cpu_s=cpu, commits=commits, bytes_written=written, **more)


def say(**words) -> None:
    """Prints one line for the harness."""
    print(json.dumps(words), flush=True)


def finish(version: str, kind: str, **more) -> None:
    """The last line: version of the peer, peak memory, and how its table is to be read (`delta`, `parquet`, `duckdb`)."""
    say(done=True, version=version, kind=kind, peak_rss_mb=peak_mb(), **more)


def task() -> Task:
    """The task named on the command line."""
    return Task(sys.argv[1])


def spark_with_delta(threads: int):
    """An open session of Spark with Delta's own jars on so many threads of this machine."""
    from delta import configure_spark_with_delta_pip
    from pyspark.sql import SparkSession

    builder = (
        SparkSession.builder.master(f"local[{threads}]")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.sql.shuffle.partitions", str(threads * 2))
        .config("spark.driver.memory", "8g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.databricks.delta.snapshotPartitions", "2")
        .config("spark.log.level", "ERROR")
    )
    return configure_spark_with_delta_pip(builder).getOrCreate()
