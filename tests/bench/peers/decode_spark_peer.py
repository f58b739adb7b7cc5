"""What Spark needs to read files into typed columns: `decode_spark_peer.py FILE...`.

Prints a JSON line per file with the CPU seconds of Spark's process, which is warm: it read the first file once before.
"""

import json
import os
import pathlib
import sys
import time

import common

TICKS = os.sysconf("SC_CLK_TCK")


def cpu(process: int) -> float:
    """Processor time of a process and its threads."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def read(spark, file: pathlib.Path) -> None:
    """Reads all columns of all rows."""
    reader = spark.read
    if file.suffix == ".csv":
        rows = reader.csv(str(file), header=True, inferSchema=True)
    elif file.suffix == ".json":
        rows = reader.json(str(file))
    else:
        rows = reader.parquet(str(file))
    rows.write.format("noop").mode("overwrite").save()


def main() -> None:
    files = [pathlib.Path(file) for file in sys.argv[1:]]
    spark = common.spark_with_delta(2)
    process = spark.sparkContext._gateway.proc.pid
    for number, file in enumerate(files):
        line = {"reader": "Spark", "file": str(file)}
        try:
            if number == 0:
                read(spark, file)
            before, begun = cpu(process), time.perf_counter()
            read(spark, file)
            line |= {"cpu": cpu(process) - before, "wall": time.perf_counter() - begun}
        except Exception as error:
            line |= {"failed": type(error).__name__}
        print(json.dumps(line), flush=True)


main()
