"""What a person writes by hand to keep the latest row of each key of a file, by its format."""

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True)
class Job:
    """Where key and order of a record are, and what of it is the row; paths have dots."""

    key: str
    order: str
    row: str | None = None


JOBS = {
    "debezium_json": Job("after.id", "source.lsn", "after"),
    "debezium_flat_json": Job("id", "__lsn"),
    "maxwell_json": Job("data.id", "xid", "data"),
    "canal_json": Job("data.0.id", "id", "data.0"),
    "goldengate_json": Job("after.id", "pos", "after"),
    "dynamodb_json": Job("dynamodb.NewImage.id.N", "dynamodb.SequenceNumber", "dynamodb.NewImage"),
    "dms_json": Job("data.id", "metadata.transaction-id", "data"),
    "fivetran_json": Job("id", "_fivetran_synced"),
    "json": Job("id", "at"),
    "dms_csv": Job("id", "transact_seq"),
    "csv": Job("id", "at"),
    "parquet": Job("id", "at"),
}


def job_of(file: pathlib.Path) -> Job:
    """The job for a file of the benchmark, which lies below a folder that is named like its format."""
    return JOBS[file.parents[2].name]


def sql(path: str, quote: str, first: int) -> str:
    """A path in SQL; lists begin at `first`."""
    written = ""
    for part in path.split("."):
        if part.isdigit():
            written += f"[{int(part) + first}]"
        else:
            written += ("." if written else "") + f"{quote}{part}{quote}"
    return written


def latest(job: Job, source: str, quote: str, first: int) -> str:
    """The query for the latest row of each key."""
    row = "*" if job.row is None else f"{sql(job.row, quote, first)} AS content"
    key, order = sql(job.key, quote, first), sql(job.order, quote, first)
    newest = f"row_number() OVER (PARTITION BY {key} ORDER BY {order} DESC) AS newest"
    return f"SELECT {row} FROM (SELECT *, {newest} FROM {source}) AS t WHERE newest = 1"
