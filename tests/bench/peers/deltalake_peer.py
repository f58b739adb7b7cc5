"""deltalake (delta-rs): MERGE, DELETE and append, copy-on-write."""

import concurrent.futures
import importlib.metadata
import pathlib

import common
import pyarrow.dataset
import pyarrow.parquet
from deltalake import DeltaTable, WriterProperties, write_deltalake

WRITER = WriterProperties(compression="ZSTD", compression_level=1)


def load(task: common.Task, table: pathlib.Path) -> None:
    """Streams the base rows into a new table."""
    rows = pyarrow.dataset.dataset(task.base).scanner(batch_size=65_536).to_reader()
    write_deltalake(str(table), rows, writer_properties=WRITER)


def upsert(task: common.Task, table: DeltaTable, change: dict) -> None:
    """One batch, inserts and updates; pruned by the range of its keys where the data has locality."""
    rows = pyarrow.parquet.read_table(change["path"], columns=task.columns)
    merge = table.merge(
        rows,
        predicate=f"t.{task.key} = s.{task.key}",
        source_alias="s",
        target_alias="t",
        writer_properties=WRITER,
        streamed_exec=not task.plan.get("ordered", False),
    )
    merge.when_matched_update_all().when_not_matched_insert_all().execute()


def delete(task: common.Task, table: DeltaTable, change: dict) -> None:
    """One batch of deletes: a range by a predicate, scattered keys by a merge (faster than a list of literals)."""
    if "range" in change:
        low, high = change["range"]
        table.delete(f"{task.key} >= {low} AND {task.key} <= {high}", writer_properties=WRITER)
        return
    keys = pyarrow.parquet.read_table(change["path"], columns=[task.key])
    merge = table.merge(
        keys, predicate=f"t.{task.key} = s.{task.key}", source_alias="s", target_alias="t", writer_properties=WRITER
    )
    merge.when_matched_delete().execute()


def apply(task: common.Task, meter: common.Meter) -> None:
    """Every batch; many tables by as many threads as there are processors."""
    work = delete if task.words["work"] == "delete" else upsert
    tables = [DeltaTable(str(path)) for path in task.tables()]
    with concurrent.futures.ThreadPoolExecutor(task.threads) as threads:
        for number, change in enumerate(task.changes, 1):
            with meter.batch(number, commits=len(tables)):
                if len(tables) == 1:
                    work(task, tables[0], change)
                else:
                    list(threads.map(lambda table: work(task, table, change), tables))


def main() -> None:
    """One phase of a task."""
    task = common.task()
    meter = common.Meter(task.table)
    if task.phase == "load":
        with meter.batch(0, commits=len(task.tables())):
            for table in task.tables():
                load(task, table)
    else:
        apply(task, meter)
    common.finish(importlib.metadata.version("deltalake"), "delta")


if __name__ == "__main__":
    main()
