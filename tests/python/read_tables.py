"""Reads Delta tables with `deltalake` and with Polars and compares them with what Sluice read.

Each JSON file of the folder names a table, its columns and its rows; values are written so that no
rounding is possible, see `plain_rows` in tests/support/texts.rs.
"""

import collections
import decimal
import json
import math
import pathlib
import struct
import sys

import deltalake
import polars as pl


def by_deltalake(path: str, version: int) -> pl.DataFrame:
    """Reads with delta-rs and DataFusion."""
    table = deltalake.DeltaTable(path)
    assert table.version() == version, f"deltalake sees version {table.version()}, not {version}"
    reader = deltalake.QueryBuilder().register("t", table).execute("SELECT * FROM t")
    return pl.DataFrame(reader)


def by_polars(path: str, version: int) -> pl.DataFrame:
    """Reads with Polars' own Parquet reader."""
    return pl.read_delta(path, version=version)


def bits(value: float) -> str:
    """The 64 bits of a float."""
    return struct.pack(">d", math.nan if math.isnan(value) else value).hex()


def plain(series: pl.Series) -> list:
    """Values of a column as Sluice writes them for comparison."""
    kind = series.dtype
    if kind == pl.List:
        return [None if item is None else plain(item) for item in series]
    if kind.is_temporal():
        return series.to_physical().to_list()
    values = series.to_list()
    if kind.is_float():
        return [None if value is None else bits(value) for value in values]
    if kind.is_decimal():
        return [None if value is None else str(int(value.scaleb(kind.scale))) for value in values]
    if kind == pl.Binary:
        return [None if value is None else value.hex() for value in values]
    return values


def compare(document: dict, frame: pl.DataFrame) -> str:
    """`equal`, or what differs."""
    if frame.columns != document["columns"]:
        return f"columns {frame.columns} instead of {document['columns']}"
    columns = [plain(frame[name]) for name in frame.columns]
    key = lambda row: json.dumps(row, ensure_ascii=False)
    found = collections.Counter(key(list(row)) for row in zip(*columns))
    expected = collections.Counter(key(row) for row in document["rows"])
    if found == expected:
        return "equal"
    missing, surplus = expected - found, found - expected
    sample = [next(iter(some), None) for some in (missing, surplus)]
    return f"{missing.total()} rows missing, {surplus.total()} surplus, for example {sample}"


def main(folder: str) -> int:
    """Compares every table of the folder with every reader; the number of differences."""
    decimal.getcontext().prec = 60  # Sluice keeps up to 38 digits.
    differing = 0
    for file in sorted(pathlib.Path(folder).glob("*.json")):
        document = json.loads(file.read_text(encoding="utf-8"))
        for reader in (by_deltalake, by_polars):
            verdict = compare(document, reader(document["path"], document["version"]))
            print(f"{document['name']}, {len(document['rows'])} rows, {reader.__name__[3:]}: {verdict}")
            differing += verdict != "equal"
    return differing


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1]), 100))
