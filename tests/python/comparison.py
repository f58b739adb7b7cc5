"""What every reader shares: the documents that say what Sluice read, and the comparison with what a reader found.

Each JSON file of a folder names a table, its columns and its rows; values are written so that no rounding is
possible, see `plain_rows` in tests/support/texts.rs. This module needs nothing but Python itself.
"""

import collections
import collections.abc
import decimal
import json
import math
import pathlib
import struct

decimal.getcontext().prec = 60  # Sluice keeps up to 38 digits.


def documents(folder: str) -> list[dict]:
    """All tables, in the order in which they were exported."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(pathlib.Path(folder).glob("*.json"))]


def bits(value: float) -> str:
    """The 64 bits of a float."""
    return struct.pack(">d", math.nan if math.isnan(value) else value).hex()


def compare(document: dict, columns: list[str], rows: collections.abc.Iterable[list]) -> str:
    """`equal`, or what differs. Rows count as often as they occur, in any order."""
    if columns != document["columns"]:
        return f"columns {columns} instead of {document['columns']}"
    key = lambda row: json.dumps(row, ensure_ascii=False)
    found = collections.Counter(key(list(row)) for row in rows)
    expected = collections.Counter(key(row) for row in document["rows"])
    if found == expected:
        return "equal"
    missing, surplus = expected - found, found - expected
    sample = [next(iter(some), None) for some in (missing, surplus)]
    return f"{missing.total()} rows missing, {surplus.total()} surplus, for example {sample}"


def say(document: dict, reader: str, verdict: str) -> None:
    """One line of the report."""
    print(f"{document['name']}, {len(document['rows'])} rows, {reader}: {verdict}", flush=True)
