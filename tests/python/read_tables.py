"""Reads Delta tables with `deltalake`, with Polars and as a PyArrow data set, and compares them with what Sluice read.

`read_tables.py FOLDER [READER …]`; without readers it is deltalake and Polars. A reader may refuse a table by an
error, which is a verdict of its own; wrong rows never are.
"""

import sys

import comparison
import deltalake
import polars as pl
import pyarrow.dataset


def by_deltalake(path: str, version: int) -> pl.DataFrame:
    """Reads with delta-rs and DataFusion."""
    table = deltalake.DeltaTable(path)
    assert table.version() == version, f"deltalake sees version {table.version()}, not {version}"
    reader = deltalake.QueryBuilder().register("t", table).execute("SELECT * FROM t")
    return pl.DataFrame(reader)


def by_polars(path: str, version: int) -> pl.DataFrame:
    """Reads with Polars' own Parquet reader."""
    return pl.read_delta(path, version=version)


def by_pyarrow(path: str, version: int) -> pl.DataFrame:
    """Reads with PyArrow, which delta-rs only gives tables to that it can read, and compares the checksums of pages."""
    checked = pyarrow.dataset.ParquetFragmentScanOptions(page_checksum_verification=True)
    dataset = deltalake.DeltaTable(path, version=version).to_pyarrow_dataset()
    return pl.DataFrame(dataset.scanner(fragment_scan_options=checked).to_table())


READERS = {"deltalake": by_deltalake, "polars": by_polars, "pyarrow": by_pyarrow}


def plain(series: pl.Series) -> list:
    """Values of a column as Sluice writes them for comparison."""
    kind = series.dtype
    if kind == pl.List:
        return [None if item is None else plain(item) for item in series]
    if kind.is_temporal():
        return series.to_physical().to_list()
    values = series.to_list()
    if kind.is_float():
        return [None if value is None else comparison.bits(value) for value in values]
    if kind.is_decimal():
        return [None if value is None else str(int(value.scaleb(kind.scale))) for value in values]
    if kind == pl.Binary:
        return [None if value is None else value.hex() for value in values]
    return values


def verdict(document: dict, reader: str) -> str:
    """`equal`, `refused` with the reason, or what differs."""
    try:
        frame = READERS[reader](document["path"], document["version"])
    except Exception as error:  # Every library has its own.
        return f"refused: {type(error).__name__}: {error}".splitlines()[0]
    return comparison.compare(document, frame.columns, zip(*[plain(frame[name]) for name in frame.columns]))


def main(folder: str, readers: list[str]) -> int:
    """Compares every table of the folder with every reader; the number of tables that were not read right."""
    differing = 0
    for document in comparison.documents(folder):
        for reader in readers:
            found = verdict(document, reader)
            comparison.say(document, reader, found)
            differing += found != "equal" and not (reader == "pyarrow" and found.startswith("refused"))
    return differing


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1], sys.argv[2:] or ["deltalake", "polars"]), 100))
