"""Reads Delta tables by Spark's API and compares them with what Sluice read: `read_by_sql.py sail|spark FOLDER`.

Sail (`pysail`) is a server of its own inside this process, Spark a JVM with Delta's jars. A server that cannot
be started is said plainly (`LEFT OUT`), with exit code 77: there is nothing to compare then.
"""

import os
import sys

import comparison

LEFT_OUT = 77


def sail():
    """A session of a server inside this process."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer()
    server.start(background=True)
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
    spark.server = server  # Kept alive as long as the session.
    return spark


def spark():
    """A session of Spark with the jars of `delta-spark`, which come from Maven the first time."""
    from delta import configure_spark_with_delta_pip
    from pyspark.sql import SparkSession

    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.databricks.delta.snapshotPartitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
    )
    return configure_spark_with_delta_pip(builder).getOrCreate()


def expression(name: str, kind: str) -> str:
    """A column in a form that Python does not round or limit."""
    quoted = f"`{name}`"
    if kind in ("timestamp", "timestamp_ntz"):
        return f"unix_micros(CAST({quoted} AS TIMESTAMP)) AS {quoted}"
    return f"unix_date({quoted}) AS {quoted}" if kind == "date" else quoted


def plain(value, kind: str):
    """A value as Sluice writes it for comparison."""
    if value is None:
        return None
    if kind.startswith("array"):
        return list(value)
    if kind in ("float", "double"):
        return comparison.bits(value)
    if kind.startswith("decimal"):
        return str(int(value.scaleb(int(kind.rpartition(",")[2].rstrip(")")))))
    return bytes(value).hex() if kind == "binary" else value


def verdict(session, document: dict) -> str:
    """`equal`, `refused` with the reason, or what differs."""
    try:
        frame = session.read.format("delta").load(document["path"])
        kinds = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
        rows = frame.selectExpr(*[expression(name, kind) for name, kind in kinds.items()]).collect()
        counted = frame.count()
    except Exception as error:  # Of the server, in many forms.
        return f"refused: {type(error).__name__}: {error}".splitlines()[0]
    if counted != len(rows):
        return f"count(*) says {counted} rows, there are {len(rows)}"
    return comparison.compare(
        document, list(kinds), ([plain(row[at], kind) for at, kind in enumerate(kinds.values())] for row in rows)
    )


def main(engine: str, folder: str) -> int:
    """Compares every table of the folder; the number of tables that were not read right."""
    try:
        session = {"sail": sail, "spark": spark}[engine]()
        session.conf.set("spark.sql.session.timeZone", "UTC")
    except Exception as error:
        print(f"LEFT OUT: {engine}: {type(error).__name__}: {error}".splitlines()[0], flush=True)
        return LEFT_OUT
    differing = 0
    for document in comparison.documents(folder):
        found = verdict(session, document)
        comparison.say(document, engine, found)
        differing += found != "equal"
    return min(differing, 70)


if __name__ == "__main__":
    code = main(sys.argv[1], sys.argv[2])
    sys.stdout.flush()
    os._exit(code)  # The threads of a server do not end by themselves.
