"""History (SCD 2) with a batch per day: versions with the positions from and until which they hold.

delta-rs: one MERGE on the union trick, changes twice, once to close the open version and once as a new row.
DuckDB: the rows that stay, the closed ones and the new ones written anew.
"""

import importlib.metadata
import os

import common

TASK = common.task()
ENGINE = TASK.words["engine"]
KEY = TASK.key


def deltalake_history(meter: common.Meter) -> None:
    """One merge per batch; closed versions are kept out by the condition."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset
    import pyarrow.parquet
    from deltalake import DeltaTable, WriterProperties, write_deltalake

    writer = WriterProperties(compression="ZSTD", compression_level=1)
    if TASK.phase == "load":
        with meter.batch(0):
            rows = pyarrow.dataset.dataset(TASK.base).to_table()
            rows = rows.append_column("__START_AT", pa.array([0] * len(rows), pa.int64()))
            rows = rows.append_column("__END_AT", pa.nulls(len(rows), pa.int64()))
            write_deltalake(str(TASK.table), rows, writer_properties=writer)
        return
    table = DeltaTable(str(TASK.table))
    for number, change in enumerate(TASK.changes, 1):
        with meter.batch(number):
            rows = pyarrow.parquet.read_table(change["path"])
            closes = rows.append_column("_merge_key", rows[KEY])
            opens = rows.append_column("_merge_key", pa.nulls(len(rows), rows.schema.field(KEY).type))
            known = table_keys(table, rows)
            closes = closes.filter(pc.is_in(closes[KEY], value_set=known))
            values = {f"`{name}`": f"s.`{name}`" for name in TASK.columns}
            (
                table.merge(
                    pa.concat_tables([closes, opens]),
                    predicate=f"t.{KEY} = s._merge_key AND t.`__END_AT` IS NULL",
                    source_alias="s",
                    target_alias="t",
                    writer_properties=writer,
                )
                .when_matched_update(updates={"`__END_AT`": "s._seq"})
                .when_not_matched_insert(updates=values | {"`__START_AT`": "s._seq", "`__END_AT`": "NULL"})
                .execute()
            )


def table_keys(table, rows):
    """Keys of the batch that have an open version; others would be inserted twice."""
    import pyarrow as pa
    from deltalake import QueryBuilder

    builder = QueryBuilder().register("t", table)
    open_keys = builder.execute(f'SELECT {KEY} FROM t WHERE "__END_AT" IS NULL')
    open_keys = pa.RecordBatchReader.from_stream(open_keys).read_all()[KEY]
    import pyarrow.compute as pc

    return rows[KEY].filter(pc.is_in(rows[KEY], value_set=open_keys.combine_chunks()))


def duckdb_history(meter: common.Meter) -> list[str]:
    """The whole history written anew per batch; its files."""
    import shutil

    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {TASK.threads}")
    connection.execute("SET memory_limit = '16GB'")
    connection.execute("SET preserve_insertion_order = false")
    copy = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PER_THREAD_OUTPUT true)"
    columns = ", ".join(f'"{name}"' for name in TASK.columns)
    of_rows = ", ".join(f't."{name}"' for name in TASK.columns)
    folder = lambda version: TASK.table / f"v{version:04}"
    if TASK.phase == "load":
        TASK.table.mkdir(parents=True, exist_ok=True)
        with meter.batch(0):
            connection.execute(
                f"COPY (SELECT {columns}, 0::BIGINT AS __START_AT, NULL::BIGINT AS __END_AT "
                f"FROM read_parquet({TASK.base})) TO '{folder(0)}' {copy}"
            )
        return []
    for number, change in enumerate(TASK.changes, 1):
        with meter.batch(number):
            rows, changes = f"read_parquet('{folder(number - 1)}/*')", f"read_parquet('{change['path']}')"
            connection.execute(
                f"COPY (SELECT {of_rows}, __START_AT, "
                f"CASE WHEN __END_AT IS NULL THEN s._seq ELSE __END_AT END AS __END_AT FROM {rows} t LEFT JOIN "
                f'(SELECT "{KEY}", _seq FROM {changes}) s ON t."{KEY}" = s."{KEY}" '
                f"UNION ALL SELECT {columns}, _seq, NULL FROM {changes}) TO '{folder(number)}' {copy}"
            )
        shutil.rmtree(folder(number - 1))
    return [str(path) for path in sorted(folder(len(TASK.changes)).glob("*.parquet"))]


def main() -> None:
    """One phase of a task."""
    meter = common.Meter(TASK.table)
    if ENGINE == "duckdb":
        files = duckdb_history(meter)
        common.finish(importlib.metadata.version("duckdb"), "parquet", files=files)
    else:
        deltalake_history(meter)
        common.finish(importlib.metadata.version("deltalake"), "delta")


if __name__ == "__main__":
    main()
