"""What Spark needs to read files into typed columns, and to keep the latest row of each key: `decode_spark_peer.py FILE...`.

Prints a JSON line per file with the CPU seconds of Spark's process, which is warm: it read the first file once before.
"""

import json
import os
import pathlib
import sys
import tempfile

import common
from decode_jobs import job_of, latest

TICKS = os.sysconf("SC_CLK_TCK")


def cpu(process: int) -> float:
    """Processor time of a process and its threads."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rows_of(spark, file: pathlib.Path):
    """The file as a relation."""
    if file.suffix == ".csv":
        return spark.read.csv(str(file), header=True, inferSchema=True)
    return spark.read.json(str(file)) if file.suffix == ".json" else spark.read.parquet(str(file))


def reads(spark, file: pathlib.Path, _: str) -> None:
    """Reads all columns of all rows."""
    rows_of(spark, file).write.format("noop").mode("overwrite").save()


def applies(spark, file: pathlib.Path, target: str) -> None:
    """Keeps the latest row of each key."""
    rows_of(spark, file).createOrReplaceTempView("records")
    spark.sql(latest(job_of(file), "records", "`", 0)).write.parquet(target, compression="zstd")


def main() -> None:
    files = [pathlib.Path(file) for file in sys.argv[1:]]
    spark = common.spark_with_delta(2)
    process = spark.sparkContext._gateway.proc.pid
    reads(spark, files[0], "")
    for file in files:
        line = {"reader": "Spark", "file": str(file)}
        for measure, work in {"cpu": reads, "silver_cpu": applies}.items():
            with tempfile.TemporaryDirectory() as folder:
                before = cpu(process)
                try:
                    work(spark, file, f"{folder}/silver.parquet")
                    line[measure] = cpu(process) - before
                except Exception as error:
                    line["failed"] = f"{measure}: {type(error).__name__}"
        print(json.dumps(line), flush=True)


main()
