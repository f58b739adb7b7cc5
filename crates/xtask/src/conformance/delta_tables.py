"""Reads every Delta table below a folder by `sluice query` and compares it with the rows that it should hold.

Arguments: the sluice program, and a folder of tables, each with `delta/` and `expected/latest/table_content`. Prints a
line of JSON per table.
"""

import base64
import datetime
import decimal
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pyarrow.parquet


def plain(value):
    """A value of the expected rows in the form in which both sides are compared."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else repr(float(value))
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        stamp = value.astimezone(datetime.timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        return stamp.isoformat(timespec="microseconds")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, dict, tuple)):
        return "nested"
    return str(value)


def read(value, like):
    """A cell of the result in the same form; `like` is a value of the column in the expected rows."""
    if value is None:
        return None
    if isinstance(like, bool):
        return value.lower()
    if isinstance(like, float):
        return "NaN" if value.lower() == "nan" else repr(float(value))
    if isinstance(like, decimal.Decimal):
        return format(decimal.Decimal(value), "f")
    if isinstance(like, datetime.datetime):
        stamp = datetime.datetime.fromisoformat(value.replace("Z", "+00:00").replace(" ", "T"))
        return plain(stamp)
    if isinstance(like, bytes):
        text = value.removeprefix("\\x").removeprefix("0x")
        try:
            return bytes.fromhex(text).hex()
        except ValueError:
            return base64.b64decode(value).hex()
    if isinstance(like, (list, dict, tuple)):
        return "nested"
    return value


def compare(sluice, lake, name, folder):
    files = sorted((folder / "expected/latest/table_content").rglob("*.parquet"))
    expected = [pyarrow.parquet.ParquetFile(file).read() for file in files]
    columns = expected[0].column_names if expected else []
    rows = [list(row.values()) for table in expected for row in table.to_pylist()]
    command = [sluice, "--lake", str(lake), "query", f'SELECT * FROM gold.dat."{name}"', "--json", "--reveal"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        said = json.loads(done.stderr)["error"]["message"]
        return ("refused" if "feature" in said else "differs"), said[:200]
    result = json.loads(done.stdout)
    if result["columns"] != columns:
        return "differs", f"columns {result['columns']} instead of {columns}"
    likes = [next((row[at] for row in rows if row[at] is not None), None) for at in range(len(columns))]
    order = lambda row: [(cell is None, cell or "") for cell in row]
    found = sorted(([read(cell, like) for cell, like in zip(row, likes)] for row in result["rows"]), key=order)
    wanted = sorted(([plain(cell) for cell in row] for row in rows), key=order)
    if found != wanted:
        pairs = [pair for pair in zip(found, wanted) if pair[0] != pair[1]]
        return "differs", f"{len(found)} rows instead of {len(wanted)}, first difference {pairs[:1]}"
    return "equal", ""


def main():
    sluice, tables = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as lake:
        lake = pathlib.Path(lake)
        (lake / "contracts").mkdir()
        for folder in sorted(path for path in tables.iterdir() if (path / "delta").is_dir()):
            name = folder.name
            shutil.copytree(folder / "delta", lake / "gold/dat" / name)
            about = json.loads((folder / "test_case_info.json").read_text())["description"]
            outcome, text = compare(sluice, lake, name, folder)
            print(json.dumps({"table": name, "about": about, "outcome": outcome, "text": text}))


main()
