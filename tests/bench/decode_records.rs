//! The same rows as the producers of several formats write them.

use std::fmt::Write as _;

/// A format that is measured.
pub(crate) struct Made {
    /// Word in the contract.
    pub(crate) format: &'static str,
    /// Further entries of `source`.
    pub(crate) source: &'static str,
    /// Entries of `apply`.
    pub(crate) apply: &'static str,
    /// Name of its file.
    pub(crate) file: &'static str,
    /// The first line, of CSV.
    header: &'static str,
    line: fn(&mut String, &Row),
}

/// A row: an id, and values that follow from it.
struct Row {
    id: u64,
    word: u64,
    total: u64,
    flag: bool,
    /// Position of the event.
    at: u64,
}

/// Every format that is measured, text ones first.
pub(crate) const MADE: &[Made] = &[
    Made {
        format: "debezium_json",
        source: ", decimals: text",
        apply: "",
        file: "events.json",
        header: "",
        line: |out, Row { id, word, total, flag, at }| {
            let _ = writeln!(
                out,
                "{{\"before\":null,\"after\":{{\"id\":{id},\"word\":\"word {word}\",\"total\":\"{total}.25\",\"flag\":{flag}}},\
                 \"source\":{{\"version\":\"3.0.0.Final\",\"connector\":\"postgresql\",\"name\":\"shop\",\"ts_ms\":1795162320000,\
                 \"snapshot\":\"false\",\"db\":\"shop\",\"sequence\":\"[\\\"{at}\\\",\\\"{at}\\\"]\",\"schema\":\"public\",\
                 \"table\":\"orders\",\"txId\":{at},\"lsn\":{at},\"xmin\":null}},\"op\":\"u\",\"ts_ms\":1795162320100}}"
            );
        },
    },
    Made {
        format: "debezium_flat_json",
        source: ", decimals: text",
        apply: "sequence: [__lsn]",
        file: "events.json",
        header: "",
        line: |out, Row { id, word, total, flag, at }| {
            let _ = writeln!(
                out,
                "{{\"id\":{id},\"word\":\"word {word}\",\"total\":\"{total}.25\",\"flag\":{flag},\"__op\":\"u\",\"__lsn\":{at},\
                 \"__deleted\":\"false\"}}"
            );
        },
    },
    Made {
        format: "maxwell_json",
        source: "",
        apply: "",
        file: "events.json",
        header: "",
        line: |out, Row { id, word, total, flag, at }| {
            let _ = writeln!(
                out,
                "{{\"database\":\"shop\",\"table\":\"orders\",\"type\":\"insert\",\"ts\":1795162320,\"xid\":{at},\"xoffset\":0,\
                 \"position\":\"binlog.000001:{at}\",\"data\":{{\"id\":{id},\"word\":\"word {word}\",\"total\":{total}.25,\
                 \"flag\":{flag}}}}}"
            );
        },
    },
    Made {
        format: "canal_json",
        source: "",
        apply: "sequence: [record.es, record.id]",
        file: "events.json",
        header: "",
        line: |out, Row { id, word, total, flag, at }| {
            let flag = u8::from(*flag);
            let _ = writeln!(
                out,
                "{{\"data\":[{{\"id\":\"{id}\",\"word\":\"word {word}\",\"total\":\"{total}.25\",\"flag\":\"{flag}\"}}],\
                 \"database\":\"shop\",\"es\":1795162320000,\"id\":{at},\"isDdl\":false,\"mysqlType\":{{\"id\":\"bigint\",\
                 \"word\":\"text\",\"total\":\"decimal(12,2)\",\"flag\":\"tinyint(1)\"}},\"old\":null,\"pkNames\":[\"id\"],\
                 \"sql\":\"\",\"table\":\"orders\",\"ts\":1795162320100,\"type\":\"INSERT\"}}"
            );
        },
    },
    Made {
        format: "goldengate_json",
        source: "",
        apply: "",
        file: "events.json",
        header: "",
        line: |out, Row { id, word, total, flag, at }| {
            let _ = writeln!(
                out,
                "{{\"table\":\"SHOP.ORDERS\",\"op_type\":\"I\",\"op_ts\":\"2026-11-20 08:12:00.000000\",\
                 \"current_ts\":\"2026-11-20T08:12:00.100000\",\"pos\":\"{at:020}\",\"after\":{{\"id\":{id},\
                 \"word\":\"word {word}\",\"total\":{total}.25,\"flag\":{flag}}}}}"
            );
        },
    },
    Made {
        format: "dynamodb_json",
        source: "",
        apply: "",
        file: "events.json",
        header: "",
        line: |out, Row { id, word, total, flag, at }| {
            let _ = writeln!(
                out,
                "{{\"eventID\":\"e{at}\",\"eventName\":\"MODIFY\",\"eventSource\":\"aws:dynamodb\",\"dynamodb\":{{\
                 \"ApproximateCreationDateTime\":1795162320,\"Keys\":{{\"id\":{{\"N\":\"{id}\"}}}},\"NewImage\":{{\
                 \"id\":{{\"N\":\"{id}\"}},\"word\":{{\"S\":\"word {word}\"}},\"total\":{{\"N\":\"{total}.25\"}},\
                 \"flag\":{{\"BOOL\":{flag}}}}},\"SequenceNumber\":\"{at:021}\",\"SizeBytes\":60,\
                 \"StreamViewType\":\"NEW_IMAGE\"}}}}"
            );
        },
    },
    Made {
        format: "dms_json",
        source: "",
        apply: "",
        // Its offset orders the records.
        file: "orders+0+0000000001.json",
        header: "",
        line: |out, Row { id, word, total, flag, at }| {
            let _ = writeln!(
                out,
                "{{\"data\":{{\"id\":{id},\"word\":\"word {word}\",\"total\":{total}.25,\"flag\":{flag}}},\"metadata\":{{\
                 \"timestamp\":\"2026-11-20T08:12:00.000000Z\",\"record-type\":\"data\",\"operation\":\"update\",\
                 \"partition-key-type\":\"schema-table\",\"schema-name\":\"shop\",\"table-name\":\"orders\",\
                 \"transaction-id\":{at}}}}}"
            );
        },
    },
    Made {
        format: "fivetran_json",
        source: "",
        apply: "",
        file: "rows.json",
        header: "",
        line: |out, Row { id, word, total, flag, at }| {
            let second = at % 60;
            let _ = writeln!(
                out,
                "{{\"id\":{id},\"word\":\"word {word}\",\"total\":{total}.25,\"flag\":{flag},\
                 \"_fivetran_synced\":\"2026-11-20T08:12:{second:02}.{at:06}Z\",\"_fivetran_deleted\":false}}"
            );
        },
    },
    Made {
        format: "json",
        source: "",
        apply: "sequence: [at]",
        file: "rows.json",
        header: "",
        line: |out, Row { id, word, total, flag, at }| {
            let _ = writeln!(
                out,
                "{{\"id\":{id},\"word\":\"word {word}\",\"total\":{total}.25,\"flag\":{flag},\"at\":{at}}}"
            );
        },
    },
    Made {
        format: "dms_csv",
        source: "",
        apply: "sequence: [transact_seq]",
        file: "rows.csv",
        header: "Op,id,word,total,flag,transact_seq\n",
        line: |out, Row { id, word, total, flag, at }| {
            let _ = writeln!(out, "U,{id},word {word},{total}.25,{flag},{at}");
        },
    },
    Made {
        format: "csv",
        source: "",
        apply: "sequence: [at]",
        file: "rows.csv",
        header: "id,word,total,flag,at\n",
        line: |out, Row { id, word, total, flag, at }| {
            let _ = writeln!(out, "{id},word {word},{total}.25,{flag},{at}");
        },
    },
];

impl Made {
    /// The file of so many events.
    pub(crate) fn content(&self, events: u64) -> String {
        let mut out = self.header.to_owned();
        for number in 0..events {
            let row = Row {
                id: number % (events / 2).max(1),
                word: number * 7919 % 10_007,
                total: number % 10_000,
                flag: number % 3 == 0,
                at: number + 1,
            };
            (self.line)(&mut out, &row);
        }
        out
    }

    /// The contract of the table.
    pub(crate) fn contract(&self) -> String {
        let Self { format, source, apply, .. } = self;
        let more = if apply.contains("[at]") { "- {name: at, type: bigint}\n" } else { "" };
        format!(
            "dataset: \"bench.events\"\nsource: {{path: \"landing/events/\", format: {format}{source}}}\napply: {{{apply}}}\n\
             schema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: word, type: string}}\n\
             - {{name: total, type: \"decimal(12,2)\"}}\n- {{name: flag, type: boolean}}\n{more}"
        )
    }
}
