//! What is wrong with the feed of the sample lake's orders.

use sluice_api::{
    DoctorReport, Finding, FindingCode, FindingExample, LakeCheck, LakeCheckCode, LakeCheckState, LakeReport,
    RecordNumber,
};
use std::collections::BTreeMap;

/// The reports of a source.
pub(super) fn reports(source: &str) -> Vec<DoctorReport> {
    let Ok(table) = source.parse() else { return Vec::new() };
    let finding = |code: FindingCode, by_batch: &[(u64, u64)], record: Option<u64>, detail: &str, text: &str| Finding {
        code,
        severity: code.severity(),
        sentence: code.sentence().to_owned(),
        count: by_batch.iter().map(|(_, count)| count).sum(),
        by_batch: by_batch.iter().copied().collect::<BTreeMap<u64, u64>>(),
        examples: vec![FindingExample {
            batch: by_batch.first().map(|(batch, _)| *batch),
            file: "landing/topics/shop.public.orders/shop.public.orders+0+0002484000.json".to_owned(),
            record: record.map(RecordNumber::of_row),
            detail: detail.to_owned(),
            record_text: text.to_owned(),
        }],
        advice: code.advice().to_owned(),
        help: format!("docs/guides/doctor.md#{}", code.as_str().to_lowercase()),
    };
    let record = "{\"op\":\"u\",\"after\":{\"order_id\":1204470,\"shipping_city\":\"Linz\"}}";
    let tie = "another event of its key has the same position and says something else";
    let findings = vec![
        finding(FindingCode::TruncatedFile, &[(42, 1)], Some(999), "the line ends inside its record", ""),
        finding(FindingCode::SeqConflict, &[(33, 2), (38, 2), (40, 2), (42, 4)], Some(77), tie, record),
    ];
    let because = "a dump of the source is needed: `--with FOLDER` with a <table>.jsonl.gz";
    vec![DoctorReport {
        table,
        source: "landing/topics/shop.public.orders".to_owned(),
        onboarded: true,
        verdict: "The feed of shop.orders has 1 error and 1 warning; 1 check could not run".to_owned(),
        findings,
        passed: (1..=24).filter(|check| ![4, 9, 22].contains(check)).collect(),
        not_run: BTreeMap::from([(22, because.to_owned())]),
        records: 2_520_000,
        files: 210,
        files_waiting: 30,
        batches: Some((1, 42)),
        elapsed_ms: 6_200,
    }]
}

/// What is wrong with the sample lake itself.
pub(super) fn lake() -> LakeReport {
    let check = |code, state, sentence: &str, advice: &str| LakeCheck {
        code,
        state,
        sentence: sentence.to_owned(),
        advice: advice.to_owned(),
    };
    let warned = "former versions of objects are not kept, so what another program removes is gone";
    let checks = vec![
        check(LakeCheckCode::RightCreate, LakeCheckState::Passed, "proven: write a new object", ""),
        check(LakeCheckCode::Versioning, LakeCheckState::Warned, warned, "Switch versioning on"),
        check(LakeCheckCode::EncryptionAtRest, LakeCheckState::Unknown, "the store does not show it to a reader", ""),
    ];
    LakeReport { lake: "s3://acme-lake/shop".to_owned(), checks, elapsed_ms: 210 }
}
