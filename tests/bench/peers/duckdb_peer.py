"""DuckDB by hand-tuned SQL: a table of Parquet files that is written anew, or a table of its own with MERGE."""

import pathlib
import shutil

import common
import duckdb

COPY = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PER_THREAD_OUTPUT true)"


def connect(task: common.Task, file: pathlib.Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection at its best settings for this machine."""
    connection = duckdb.connect(str(file) if file else ":memory:")
    connection.execute(f"SET threads = {task.threads}")
    connection.execute("SET memory_limit = '16GB'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"SET temp_directory = '{task.table.parent / 'duckdb-spill'}'")
    return connection


def quoted(task: common.Task) -> str:
    """The columns of the table."""
    return ", ".join(f'"{name}"' for name in task.columns)


class ParquetFolder:
    """Versions of a table as folders of Parquet files; a batch joins the rows that stay with the new ones."""

    kind = "parquet"

    def __init__(self, task: common.Task):
        self.task = task
        self.connection = connect(task)
        self.version = 0

    def folder(self, version: int) -> pathlib.Path:
        """Where a version is."""
        return self.task.table / f"v{version:04}"

    def write(self, query: str) -> None:
        """The next version."""
        goal = self.folder(self.version + 1)
        goal.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute(f"COPY ({query}) TO '{goal}' {COPY}")
        self.version += 1

    def find(self) -> None:
        """Takes the newest version that is there."""
        self.version = max(int(path.name[1:]) for path in self.task.table.glob("v*"))

    def load(self) -> None:
        """The base rows."""
        self.write(f"SELECT {quoted(self.task)} FROM read_parquet({self.task.base})")

    def upsert(self, change: dict) -> None:
        """Rows without a change, and the changes."""
        key, columns = self.task.key, quoted(self.task)
        rows, changes = f"read_parquet('{self.folder(self.version)}/*')", f"read_parquet('{change['path']}')"
        self.write(
            f'SELECT {columns} FROM {rows} t ANTI JOIN {changes} s ON t."{key}" = s."{key}" '
            f"UNION ALL SELECT {columns} FROM {changes}"
        )

    def delete(self, change: dict) -> None:
        """Rows that are not named, or not in the range."""
        key, rows = self.task.key, f"read_parquet('{self.folder(self.version)}/*')"
        if "range" in change:
            low, high = change["range"]
            self.write(f'SELECT * FROM {rows} WHERE "{key}" < {low} OR "{key}" > {high}')
        else:
            self.write(f"""SELECT * FROM {rows} t ANTI JOIN read_parquet('{change["path"]}') s ON t."{key}" = s."{key}" """)

    def tidy(self) -> None:
        """Removes the version before, which is not part of the work."""
        shutil.rmtree(self.folder(self.version - 1), ignore_errors=True)

    def files(self) -> list[str]:
        """What is to be read."""
        return [str(path) for path in sorted(self.folder(self.version).glob("*.parquet"))]


class OwnTable:
    """DuckDB's own format with MERGE INTO; other programs cannot read it."""

    kind = "duckdb"

    def __init__(self, task: common.Task):
        self.task = task
        task.table.mkdir(parents=True, exist_ok=True)
        self.file = task.table / "table.duckdb"
        self.connection = connect(task, self.file)

    def find(self) -> None:
        """There is only one version."""

    def load(self) -> None:
        """The base rows."""
        self.connection.execute(f"CREATE TABLE t AS SELECT {quoted(self.task)} FROM read_parquet({self.task.base})")
        self.connection.execute("CHECKPOINT")

    def upsert(self, change: dict) -> None:
        """One MERGE."""
        key = self.task.key
        self.connection.execute(
            f"""MERGE INTO t USING (SELECT {quoted(self.task)} FROM read_parquet('{change["path"]}')) s """
            f'ON t."{key}" = s."{key}" WHEN MATCHED THEN UPDATE WHEN NOT MATCHED THEN INSERT'
        )

    def delete(self, change: dict) -> None:
        """One DELETE."""
        key = self.task.key
        if "range" in change:
            low, high = change["range"]
            self.connection.execute(f'DELETE FROM t WHERE "{key}" BETWEEN {low} AND {high}')
        else:
            names = f"""SELECT "{key}" FROM read_parquet('{change["path"]}')"""
            self.connection.execute(f'DELETE FROM t WHERE "{key}" IN ({names})')

    def tidy(self) -> None:
        """Nothing is left behind."""

    def files(self) -> list[str]:
        """What is to be read."""
        self.connection.close()
        return [str(self.file)]


def main() -> None:
    """One phase of a task."""
    task = common.task()
    table = OwnTable(task) if task.words["engine"] == "duckdb-native" else ParquetFolder(task)
    if task.phase != "load":
        table.find()
    meter = common.Meter(task.table)
    if task.phase == "load":
        with meter.batch(0):
            table.load()
    else:
        work = table.delete if task.words["work"] == "delete" else table.upsert
        for number, change in enumerate(task.changes, 1):
            with meter.batch(number):
                work(change)
            table.tidy()
    common.finish(duckdb.__version__, table.kind, files=table.files())


if __name__ == "__main__":
    main()
