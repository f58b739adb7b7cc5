//! Definitions of the source's tables: their columns, types and keys, from DDL or from a catalog.
//!
//! Two kinds of text are read: SQL with `CREATE TABLE` and `ALTER TABLE … ADD … PRIMARY KEY` (dumps have much else, which
//! is passed over), and a CSV of `information_schema.columns`. What a definition says goes before what a sample looks
//! like, and after what the records themselves say.

mod catalog;
mod sql_type;
mod statements;
mod table;

use sluice_contract::TableName;
pub(crate) use statements::renamed_columns;
pub(crate) use table::TableDefinition;

/// The definition of a table in some texts; `None` if they have none, or several of which none is of the dataset.
pub(crate) fn of_table(texts: &[String], table: &TableName) -> Option<TableDefinition> {
    let of_text = |text: &String| match catalog::is_catalog(text) {
        true => catalog::tables(text),
        false => statements::tables(text, &table.table),
    };
    let all = texts.iter().flat_map(of_text);
    let mut named: Vec<TableDefinition> = all.filter(|found| found.is_named(&table.table)).collect();
    if named.len() > 1 {
        named.retain(|found| found.is_in(&table.dataset));
    }
    match named.len() {
        1 => named.pop(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::TableDefinition;
    use sluice_contract::TableName;

    fn of_table(text: &str, table: &TableName) -> Option<TableDefinition> {
        super::of_table(&[text.to_owned()], table)
    }

    const DUMP: &str = "
        -- PostgreSQL; a dump has more than definitions
        SET client_encoding = 'UTF8';
        CREATE TABLE erp.invoice (
            invoice_no bigint NOT NULL,
            company character varying(20) NOT NULL,
            total numeric(12,2) DEFAULT 0 NOT NULL,
            rate numeric, note text DEFAULT 'a; b -- c',
            issued date, at timestamp without time zone, seen timestamp with time zone,
            tags text[], data jsonb, hash bytea, code uuid, big int8, flag boolean, part real
        );
        CREATE TABLE archive.invoice (id int PRIMARY KEY);
        COPY erp.invoice (invoice_no) FROM stdin;
        1\t;
        \\.
        ALTER TABLE ONLY erp.invoice ADD CONSTRAINT invoice_pkey PRIMARY KEY (invoice_no, company);
    ";

    #[test]
    fn a_dump_has_columns_and_keys_of_a_table() {
        let found = of_table(DUMP, &TableName::new("erp", "invoice").unwrap()).unwrap();
        assert_eq!(found.key, ["invoice_no", "company"]);
        let types: Vec<String> = found
            .columns
            .iter()
            .map(|column| format!("{}={}", column.name, column.data_type.as_deref().unwrap_or("?")))
            .collect();
        let expected = "invoice_no=bigint company=string total=decimal(12,2) rate=numeric note=string issued=date \
                        at=timestamp_ntz seen=timestamp tags=array<string> data=json hash=binary code=uuid big=bigint \
                        flag=boolean part=float";
        assert_eq!(types.join(" "), expected);
        let other = of_table(DUMP, &TableName::new("archive", "invoice").unwrap()).unwrap();
        assert_eq!(other.key, ["id"]);
        // Two tables of one name, and nothing says which.
        assert_eq!(of_table(DUMP, &TableName::new("crm", "invoice").unwrap()), None);
        assert_eq!(of_table(DUMP, &TableName::new("erp", "order").unwrap()), None);
    }

    #[test]
    fn other_databases_write_types_in_their_own_way() {
        let types = |text: &str, table: &str| {
            let found = of_table(text, &TableName::new("erp", table).unwrap()).unwrap();
            let columns = found.columns.iter().map(|column| column.data_type.clone().unwrap_or_else(|| "?".to_owned()));
            (columns.collect::<Vec<_>>().join(" "), found.key.join(","))
        };
        let mysql = "CREATE TABLE `store`.`stock` (`id` int unsigned NOT NULL AUTO_INCREMENT, `big` bigint unsigned,
              `flag` tinyint(1), `price` decimal(10,2), `kind` enum('a','b'), `at` datetime(6), `seen` timestamp NULL,
              `picture` mediumblob, `year` year(4), PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;";
        let expected = "bigint decimal(20,0) ? decimal(10,2) string timestamp_ntz timestamp binary int";
        assert_eq!(types(mysql, "stock"), (expected.to_owned(), "id".to_owned()));
        let sql_server = "CREATE TABLE [dbo].[item] ([Id] [int] IDENTITY(1,1) NOT NULL, [Guid] uniqueidentifier,
              [When] datetime2(7), [Off] datetimeoffset, [Name] nvarchar(max), [Paid] money, [On] bit,
              CONSTRAINT [PK_item] PRIMARY KEY CLUSTERED ([Id] ASC));";
        let expected = "int uuid timestamp_ntz timestamp string decimal(19,4) boolean";
        assert_eq!(types(sql_server, "item"), (expected.to_owned(), "Id".to_owned()));
        // A DATE of Oracle has hours, minutes and seconds.
        let oracle = "CREATE TABLE sales (id NUMBER(10) NOT NULL, total NUMBER(12,2), any_number NUMBER, day DATE,
              name VARCHAR2(40), CONSTRAINT pk PRIMARY KEY (id));";
        let expected = "bigint decimal(12,2) numeric timestamp_ntz string";
        assert_eq!(types(oracle, "sales"), (expected.to_owned(), "id".to_owned()));
    }

    #[test]
    fn a_catalog_is_read_as_csv() {
        let text = "table_schema,table_name,column_name,ordinal_position,data_type,numeric_precision,numeric_scale,column_key\n\
                    erp,invoice,company,2,varchar,,,PRI\nerp,invoice,invoice_no,1,bigint,19,0,PRI\n\
                    erp,invoice,total,3,numeric,12,2,\nerp,other,id,1,int,10,0,PRI\n";
        let found = of_table(text, &TableName::new("erp", "invoice").unwrap()).unwrap();
        let columns: Vec<_> = found.columns.iter().map(|c| (c.name.as_str(), c.data_type.as_deref())).collect();
        let expected = [("invoice_no", Some("bigint")), ("company", Some("string")), ("total", Some("decimal(12,2)"))];
        assert_eq!(columns, expected);
        assert_eq!(found.key, ["invoice_no", "company"]);
    }

    #[test]
    fn what_is_no_definition_says_nothing() {
        let table = TableName::new("erp", "invoice").unwrap();
        for text in
            ["", "hello", "CREATE TABLE invoice", "CREATE TABLE invoice (", "a,b\n1,2\n", "CREATE VIEW invoice AS x"]
        {
            assert_eq!(of_table(text, &table), None, "{text}");
        }
    }
}
