"""Makes a Delta table with a change data feed with delta-rs, changes it, and prints its rows.

`delta_feed.py FOLDER ROUND`: round 1 makes the table, others change it. Printed is a JSON list of rows with the values of
all columns as texts, in the order of `id`.
"""

import json
import sys
from datetime import date

import polars as pl
from deltalake import DeltaTable, write_deltalake

FEED = {"delta.enableChangeDataFeed": "true"}


def rows(ids: range, status: str) -> pl.DataFrame:
    """Rows of a table that is partitioned by country."""
    return pl.DataFrame(
        {
            "id": list(ids),
            "status": [status] * len(ids),
            "day": [date(2026, 1, 1 + one % 28) for one in ids],
            "country": [["DE", "N O", None][one % 3] for one in ids],
        }
    )


def main() -> None:
    folder, number = sys.argv[1], int(sys.argv[2])
    if number == 1:
        write_deltalake(folder, rows(range(10), "new"), partition_by=["country"], configuration=FEED)
        write_deltalake(folder, rows(range(10, 20), "more"), mode="append")
    else:
        table = DeltaTable(folder)
        table.update(predicate="id < 4", updates={"status": "'updated'"})
        table.delete(predicate="id = 5 OR id = 15")
        merge = table.merge(
            rows(range(16, 24), "merged"), predicate="t.id = s.id", source_alias="s", target_alias="t"
        )
        merge.when_matched_update_all().when_not_matched_insert_all().execute()
        # The key of a row changes.
        DeltaTable(folder).update(predicate="id = 7", updates={"id": "107"})
        DeltaTable(folder).optimize.compact()
        # All rows of the table are replaced, some by themselves.
        if number == 3:
            write_deltalake(folder, rows(range(100, 112), "again"), mode="overwrite", partition_by=["country"])
    frame = pl.read_delta(folder).sort("id")
    values = frame.select("id", "status", "day", "country").rows()
    print(json.dumps([[None if value is None else str(value) for value in row] for row in values]))


main()
