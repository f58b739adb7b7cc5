"""The price of reading a table after many batches: the same questions on it as Sluice left it, after `sluice maintain`,
and on a compacted copy.

The copy is compacted by delta-rs, which drops what deletion vectors mark. Every reader asks all three, warm, and the
answers have to agree.
"""

import importlib.metadata
import os
import pathlib
import shutil

import common

TASK = common.task()
os.environ["POLARS_MAX_THREADS"] = str(TASK.threads)  # Read when Polars is imported.
ENGINE = TASK.words["engine"]
ROUNDS = 5

QUESTIONS = {
    "sums": "SELECT count(*) AS n, sum(quantity) AS q, sum(store) AS s, sum(price) AS p FROM t",
    "groups": "SELECT region, open, count(*) AS n, sum(quantity) AS q, sum(price) AS p FROM t GROUP BY region, open "
    "ORDER BY region, open",
    "filter": "SELECT count(*) AS n, sum(price) AS p FROM t WHERE store < 5 AND quantity < 240000",
    "lookup": "SELECT * FROM t WHERE id = {key}",
}


def compacted(table: pathlib.Path) -> pathlib.Path:
    """A copy of the table in as few files as delta-rs makes of it."""
    from deltalake import DeltaTable

    copy = TASK.table.parent / "compacted"
    shutil.copytree(table, copy)
    DeltaTable(str(copy)).optimize.compact(target_size=256 << 20)
    return copy


def asker(tables: dict[str, pathlib.Path]):
    """A function (table, question) that answers with rows; nothing but the files is kept between questions."""
    if ENGINE.startswith("deltalake"):
        import pyarrow as pa
        from deltalake import DeltaTable, QueryBuilder

        def ask(name: str, question: str) -> list:
            reader = QueryBuilder().register("t", DeltaTable(str(tables[name]))).execute(question)
            return pa.RecordBatchReader.from_stream(reader).read_all().to_pylist()

        return ask
    if ENGINE == "polars":
        import polars as pl

        def ask(name: str, question: str) -> list:
            return pl.SQLContext(t=pl.scan_delta(str(tables[name]))).execute(question, eager=True).to_dicts()

        return ask
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer()
    server.start(background=True)
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
    for name, path in tables.items():
        spark.sql(f"CREATE TABLE {name} USING delta LOCATION '{path}'").collect()

    def ask(name: str, question: str) -> list:
        rows = spark.sql(question.replace("FROM t", f"FROM {name}")).collect()
        return [row.asDict() for row in rows] if server else []

    return ask


def main() -> None:
    """Asks everything several times."""
    table = pathlib.Path(TASK.words["fragmented"])
    maintained = pathlib.Path(TASK.words["maintained"])
    tables = {"fragmented": table, "maintained": maintained, "compacted": TASK.table.parent / "compacted"}
    if TASK.phase == "compact":
        compacted(table)
        common.finish(importlib.metadata.version("deltalake"), "delta")
        return
    ask = asker(tables)
    key = ask("fragmented", "SELECT max(id) AS k FROM t WHERE store = 7")[0]["k"]
    equal = True
    meter = common.Meter(TASK.table)
    for part, question in QUESTIONS.items():
        question = question.format(key=key)
        answers = {name: ask(name, question) for name in tables}
        columns = TASK.columns if part == "lookup" else list(answers["compacted"][0])
        plain = {name: [[str(row[column]) for column in columns] for row in rows] for name, rows in answers.items()}
        same = plain["fragmented"] == plain["compacted"] == plain["maintained"]
        equal = equal and same and len(answers["compacted"]) > 0
        for _ in range(ROUNDS):
            for name in tables:
                with meter.batch(0, commits=0, part=part if name == "fragmented" else f"{part}-{name}"):
                    ask(name, question)
    version = importlib.metadata.version(ENGINE.split("-")[0])
    common.finish(version, "delta", equal=equal)
    if ENGINE == "pysail":
        os._exit(0)  # The server's threads do not end by themselves.


if __name__ == "__main__":
    main()
