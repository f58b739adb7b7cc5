//! Which columns of a table's rows are masked, for grid and inspector alike.

use crate::cx::Cx;
use crate::widget::Mask;
use sluice_api::{Layer, Request, ResultView, TableRef, TableView};

/// Column of bronze with the record as delivered.
const RECORD: &str = "record";

/// How each column of `result` is shown. Bronze keeps records as delivered: silver knows which of their members are
/// personal, and until it has answered all of them are.
pub(super) fn masks(cx: &mut Cx<'_>, view: &TableView, result: &ResultView) -> Vec<Mask> {
    let record = (view.table.layer == Layer::Bronze).then(|| {
        let silver = TableRef { layer: Layer::Silver, name: view.table.name.clone() };
        cx.want(Request::Table { table: silver.clone(), version: None });
        let names = |view: &TableView| {
            view.columns.iter().filter(|column| column.pii).map(|column| column.name.clone()).collect()
        };
        Mask::Record(cx.store.table(&silver, None).value.map(names))
    });
    let is_personal = |name: &str| view.columns.iter().any(|column| column.name == name && column.pii);
    let mask = |name: &str| match &record {
        Some(record) if name == RECORD => record.clone(),
        _ => Mask::of(is_personal(name)),
    };
    result.columns.iter().map(|column| mask(&column.name)).collect()
}

#[cfg(test)]
mod tests {
    use crate::link::{Canned, sample};
    use crate::state::Tab;
    use crate::tests::support::{run, window};
    use egui_kittest::kittest::Queryable as _;
    use sluice_api::{ColumnView, PageRequest, Reply, Request, ResultColumn};
    use std::sync::Arc;

    const RECORD: &str = r#"{"op":"c","after":{"order_id":7,"shipping_zip":"69002","gift_note":"for Anna"}}"#;

    fn page(_: &PageRequest) -> Result<Vec<u8>, sluice_api::ApiError> {
        let records: arrow_array::ArrayRef = Arc::new(arrow_array::StringArray::from(vec![RECORD]));
        let batch = arrow_array::RecordBatch::try_from_iter([("record", records)]).unwrap();
        let mut bytes = Vec::new();
        let mut writer = arrow_ipc::writer::StreamWriter::try_new(&mut bytes, &batch.schema()).unwrap();
        writer.write(&batch).and_then(|()| writer.finish()).unwrap();
        drop(writer);
        Ok(bytes)
    }

    #[test]
    fn a_record_of_bronze_is_masked_as_silver_says() {
        let transport = Canned::new(
            |request| {
                let mut reply = sample::reply(request);
                let column = |name: &str| ResultColumn {
                    name: name.to_owned(),
                    data_type: "string".to_owned(),
                    numeric: false,
                    pii: false,
                };
                match (&mut reply, request) {
                    (Reply::TableRows(result), _) => (result.columns, result.rows) = (vec![column("record")], 1),
                    (Reply::Table(view), Request::Table { table, .. }) if table.layer == sluice_api::Layer::Bronze => {
                        view.columns = vec![ColumnView {
                            name: "record".to_owned(),
                            data_type: "string".to_owned(),
                            key: false,
                            nullable: true,
                            pii: false,
                            system: false,
                        }];
                    }
                    _ => {}
                }
                Some(reply)
            },
            page,
        );
        let mut harness = window(transport);
        run(
            &mut harness,
            crate::command::Command::OpenTab(Tab::Table { table: "bronze.shop.orders".parse().unwrap() }),
        );
        harness.run_ok();
        assert!(harness.query_all_by_label_contains("69002").next().is_none());
        assert!(harness.query_all_by_label_contains("Anna").next().is_none());
        let shown = r#"record {"op":"c","after":{"order_id":7,"shipping_zip":"6•••","gift_note":"f•••"}}"#;
        assert!(harness.query_all_by_label(shown).next().is_some());
        harness.get_by_label(shown).click_accesskit();
        harness.run_ok();
        harness.run_ok();
        assert!(harness.query_all_by_label_contains("69002").next().is_none(), "nor in the inspector");
    }
}
