"""MERGE and DELETE by SQL with deletion vectors on: Sail (pysail, no JVM) and Spark with Delta's own jars."""

import concurrent.futures
import importlib.metadata
import os
import pathlib

import common

TASK = common.task()
SAIL = TASK.words["engine"].startswith("pysail")
SQL_TYPES = {"bigint": "BIGINT", "smallint": "SMALLINT", "int": "INT", "string": "STRING", "uuid": "STRING",
             "double": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP", "boolean": "BOOLEAN"}


def session():
    """An open session; the server of Sail runs inside this process."""
    if SAIL:
        os.environ.setdefault("SAIL_PARQUET__COMPRESSION", "zstd(1)")
        from pysail.spark import SparkConnectServer
        from pyspark.sql import SparkSession

        server = SparkConnectServer()
        server.start(background=True)
        _, port = server.listening_address
        spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
        spark.server = server  # Kept alive as long as the session.
        return spark
    return common.spark_with_delta(TASK.threads)


def sql_type(name: str) -> str:
    """The type of a column in SQL."""
    kind = TASK.types[name]
    return SQL_TYPES.get(kind, kind.upper())


def source(path: str) -> str:
    """A Parquet file as a relation."""
    return f"parquet.`{path}`"


def load(spark, number: int, table: pathlib.Path) -> None:
    """A new table with the base rows."""
    names = ", ".join(f"`{name}` {sql_type(name)}" for name in TASK.columns)
    spark.sql(
        f"CREATE TABLE t{number} ({names}) USING delta LOCATION '{table}' "
        "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
    ).collect()
    columns = ", ".join(f"`{name}`" for name in TASK.columns)
    rows = " UNION ALL ".join(f"SELECT {columns} FROM {source(path)}" for path in TASK.base)
    spark.sql(f"INSERT INTO t{number} {rows}").collect()


def upsert(spark, number: int, change: dict) -> None:
    """One MERGE."""
    columns = ", ".join(f"`{name}`" for name in TASK.columns)
    spark.sql(
        f"MERGE INTO t{number} t USING (SELECT {columns} FROM {source(change['path'])}) s "
        f"ON t.`{TASK.key}` = s.`{TASK.key}` WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    ).collect()


def delete(spark, number: int, change: dict) -> None:
    """One DELETE: a range by a predicate, scattered keys by a MERGE (Sail has no subquery in DELETE)."""
    if "range" in change:
        low, high = change["range"]
        spark.sql(f"DELETE FROM t{number} WHERE `{TASK.key}` BETWEEN {low} AND {high}").collect()
        return
    spark.sql(
        f"MERGE INTO t{number} t USING (SELECT `{TASK.key}` FROM {source(change['path'])}) s "
        f"ON t.`{TASK.key}` = s.`{TASK.key}` WHEN MATCHED THEN DELETE"
    ).collect()


def apply(spark, meter: common.Meter) -> None:
    """Every batch; many tables by as many threads as there are processors."""
    tables = TASK.tables()
    for number, table in enumerate(tables):
        spark.sql(f"CREATE TABLE t{number} USING delta LOCATION '{table}'").collect()
    work = delete if TASK.words["work"] == "delete" else upsert
    with concurrent.futures.ThreadPoolExecutor(TASK.threads) as threads:
        for batch, change in enumerate(TASK.changes, 1):
            with meter.batch(batch, commits=len(tables)):
                list(threads.map(lambda number: work(spark, number, change), range(len(tables))))


def main() -> None:
    """One phase of a task."""
    spark = session()
    meter = common.Meter(TASK.table)
    if TASK.phase == "load":
        with meter.batch(0, commits=len(TASK.tables())):
            for number, table in enumerate(TASK.tables()):
                load(spark, number, table)
    else:
        apply(spark, meter)
    common.finish(importlib.metadata.version("pysail" if SAIL else "delta-spark"), "delta")
    if SAIL:
        os._exit(0)  # The server's threads do not end by themselves.
    spark.stop()


if __name__ == "__main__":
    main()
