"""Polars: rows without a change and the changes, streamed into new Parquet files."""

import os
import pathlib
import shutil

import common

TASK = common.task()
os.environ["POLARS_MAX_THREADS"] = str(TASK.threads)  # Read when Polars is imported.

import polars as pl  # noqa: E402


def folder(version: int) -> pathlib.Path:
    """Where a version is."""
    return TASK.table / f"v{version:04}"


def write(rows: pl.LazyFrame, version: int) -> None:
    """Streams rows into a version."""
    folder(version).mkdir(parents=True)
    rows.sink_parquet(folder(version) / "0.parquet", compression="zstd", compression_level=1, maintain_order=False)


def changed(version: int, change: dict) -> pl.LazyFrame:
    """The table after a batch."""
    rows = pl.scan_parquet(folder(version) / "*.parquet")
    key = pl.col(TASK.key)
    if "range" in change:
        low, high = change["range"]
        return rows.filter((key < low) | (key > high))
    changes = pl.scan_parquet(change["path"])
    kept = rows.join(changes.select(TASK.key), on=TASK.key, how="anti")
    return kept if TASK.words["work"] == "delete" else pl.concat([kept, changes.select(TASK.columns)])


def main() -> None:
    """One phase of a task."""
    meter = common.Meter(TASK.table)
    if TASK.phase == "load":
        version = 1
        with meter.batch(0):
            write(pl.scan_parquet(TASK.base).select(TASK.columns), version)
    else:
        version = max(int(path.name[1:]) for path in TASK.table.glob("v*"))
        for number, change in enumerate(TASK.changes, 1):
            with meter.batch(number):
                write(changed(version, change), version + 1)
            shutil.rmtree(folder(version))
            version += 1
    common.finish(pl.__version__, "parquet", files=[str(path) for path in sorted(folder(version).glob("*.parquet"))])


if __name__ == "__main__":
    main()
