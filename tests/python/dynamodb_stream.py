"""Changes a DynamoDB table, delivers its stream to S3 by Firehose, and prints what a scan of the table gives.

`dynamodb_stream.py ENDPOINT BUCKET PREFIX ROUND`: round 1 makes the table and the delivery stream. The records of a round
are delivered once, in an order that is not theirs, several in one object. Printed is a JSON list of rows: the values of
all columns as texts, in the order of `id`.
"""

import base64
import json
import random
import sys

import boto3

TABLE = "orders"
DELIVERY = "orders-delivery"
ROUND_CHANGES = 120
RECORDS_OF_OBJECT = 30


def client(service: str, endpoint: str):
    """A client of the server; credentials are never looked at."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def make(database, firehose, bucket: str, prefix: str) -> None:
    """The table with its stream, and the way of its records to S3."""
    database.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    firehose.create_delivery_stream(
        DeliveryStreamName=DELIVERY,
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::123456789012:role/delivery",
            "BucketARN": f"arn:aws:s3:::{bucket}",
            "Prefix": prefix,
        },
    )


def change(database, chance: random.Random, number: int) -> None:
    """Inserts, replaces, patches or deletes one of a few items; attributes come and go."""
    key = {"id": {"S": f"o{chance.randrange(40):03}"}}
    kind = chance.random()
    if kind < 0.2:
        database.delete_item(TableName=TABLE, Key=key)
    elif kind < 0.4:
        database.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="SET #s = :s REMOVE note",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": {"S": f"patched {number}"}},
        )
    else:
        item = dict(key)
        item["total"] = {"N": f"{number}12345678901234567890.{chance.randrange(1, 9)}"}
        item["status"] = {"S": chance.choice(["new", "paid", "a \"quoted\" one", "zwölf"])}
        if chance.random() < 0.5:
            item["lines"] = {"L": [{"M": {"sku": {"S": "x"}, "qty": {"N": str(number)}}}, {"NULL": True}]}
        if chance.random() < 0.5:
            item["tags"] = {"SS": chance.sample(["gift", "new", "sale"], 2)}
        if chance.random() < 0.5:
            item["raw"] = {"B": bytes([number % 256, 255])}
        if chance.random() < 0.3:
            item["note"] = {"NULL": True}
        database.put_item(TableName=TABLE, Item=item)


def written(value):
    """Attribute values as the service writes them in JSON."""
    if isinstance(value, dict):
        return {name: written(inner) for name, inner in value.items()}
    if isinstance(value, (list, set, tuple)):
        return [written(inner) for inner in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "timestamp"):
        return value.timestamp()
    return value


def records(streams, arn: str, after: str) -> list[dict]:
    """The records of the stream behind a sequence number."""
    found = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        at = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        at = at["ShardIterator"]
        while at:
            page = streams.get_records(ShardIterator=at)
            found += page["Records"]
            at = page.get("NextShardIterator") if page["Records"] else None
    return [one for one in found if int(one["dynamodb"]["SequenceNumber"]) > int(after)]


def plain(value: dict):
    """An attribute value as Sluice has it in JSON."""
    ((kind, inner),) = value.items()
    if kind == "M":
        return {name: plain(one) for name, one in inner.items()}
    if kind == "L":
        return [plain(one) for one in inner]
    if kind == "N":
        return json.loads(inner)
    return None if kind == "NULL" else inner


def row(item: dict) -> list:
    """The columns of a row as texts."""
    def text(name: str, make) -> str | None:
        value = item.get(name)
        return None if value is None or "NULL" in value else make(value)

    compact = {"separators": (",", ":")}
    return [
        item["id"]["S"],
        text("total", lambda value: value["N"]),
        text("status", lambda value: value["S"]),
        text("lines", lambda value: json.dumps(plain(value), **compact)),
        text("tags", lambda value: json.dumps(sorted(value["SS"]), **compact)),
        text("raw", lambda value: value["B"].hex().upper()),
    ]


def main() -> None:
    endpoint, bucket, prefix, number = sys.argv[1:5]
    number = int(number)
    database, firehose = client("dynamodb", endpoint), client("firehose", endpoint)
    if number == 1:
        make(database, firehose, bucket, prefix)
    chance = random.Random(number)
    arn = database.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"]
    streams = client("dynamodbstreams", endpoint)
    before = records(streams, arn, "0")
    last = max((one["dynamodb"]["SequenceNumber"] for one in before), key=int, default="0")
    for at in range(ROUND_CHANGES):
        change(database, chance, number * 1_000 + at)
    new = [{**written(one), "eventSourceARN": arn} for one in records(streams, arn, last)]
    assert len(new) > ROUND_CHANGES // 2, len(new)
    # Once more what came before, as a delivery that is repeated.
    new += new[:5]
    chance.shuffle(new)
    for start in range(0, len(new), RECORDS_OF_OBJECT):
        batch = [{"Data": json.dumps(one).encode()} for one in new[start : start + RECORDS_OF_OBJECT]]
        firehose.put_record_batch(DeliveryStreamName=DELIVERY, Records=batch)
    items = database.scan(TableName=TABLE)["Items"]
    print(json.dumps(sorted(row(item) for item in items)))


main()
