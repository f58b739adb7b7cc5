//! Files of whole transactions.

use crate::tests::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use crate::{file_order_key, infer, infer_table, sniff};
use bytes::Bytes;
use sluice_change::{EventSeq, Op, ReasonCode, SourceFile};
use sluice_contract::{Contract, SourceFormat, SourceTable, TableName};

const PATH: &str = "cdc/CDC_TXN-20201117153046033.csv";
const LINES: &str = "INSERT,employee,hr,10,A B,20\nUPDATE,customer,crm,10,\"ACME, Ltd.\"\nDELETE,employee,hr,10,A B,NULL\n\
                     INSERT,customer,crm,11,Other\nI,employee,hr,12,C\n";

#[test]
fn a_file_has_the_changes_of_several_tables_in_the_order_of_their_commits() {
    let contract = contract_of(
        "dataset: hr.employee\nsource: {path: cdc/, format: dms_transactions_csv, table: hr.employee}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n- {name: age, type: int}\n",
    );
    let decoded = decode(&contract, PATH, LINES.as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete]);
    assert_eq!(texts(&decoded.changes.rows)[0][1].as_deref(), Some("A B"));
    let parts = |row| EventSeq::parts_of([20_201_117_153_046_033, row]);
    assert_eq!((decoded.changes.seqs.at(0).parts, decoded.changes.seqs.at(1).parts), (parts(1), parts(3)));
    assert_eq!(decoded.other_tables["crm.customer"], 2);
    assert_eq!(decoded.rejects.iter().map(|reject| reject.reason).collect::<Vec<_>>(), [ReasonCode::BadEnvelope]);
    assert_rebuilds(&contract, &decoded);
    assert_survives(&contract, PATH, LINES.as_bytes());
}

#[test]
fn every_table_of_the_files_is_proposed() {
    let whole = LINES.rsplit_once("I,").unwrap().0;
    let file = SourceFile { path: PATH.to_owned(), size: whole.len() as u64, ..SourceFile::default() };
    let files = [(file, Bytes::copy_from_slice(whole.as_bytes()))];
    assert_eq!(sniff(&[PATH.to_owned()], whole.as_bytes()), Some(SourceFormat::DmsTransactionsCsv));
    let name = TableName::new("crm", "customer").unwrap();
    let all = infer(name.clone(), "cdc", &files, 1).unwrap();
    assert_eq!(all.source_tables, [("crm.customer".to_owned(), 2), ("hr.employee".to_owned(), 2)]);
    let one =
        infer_table(&name, Some(&SourceTable::parse("crm.customer").unwrap()), "cdc", &files, 1, &Default::default())
            .unwrap();
    assert_eq!((one.format, one.columns.len()), (SourceFormat::DmsTransactionsCsv, 2));
    let contract = Contract::parse(&one.yaml.replace("key: []", "key: [column_1]"), "c.yaml");
    assert!(contract.is_ok() || one.key.is_empty(), "{contract:?}");
    assert!(file_order_key(PATH) < file_order_key("cdc/CDC_TXN-20201117153146033.csv"));
}
