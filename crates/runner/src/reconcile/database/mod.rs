//! A live database as the source: one transaction that sees one moment, and the position of its log.

pub(crate) mod address;
mod catalog;
pub(crate) mod connection;
mod log;
mod sql;
mod tls;

use crate::RunError;
use crate::reconcile::canonical::Canonical;
use crate::reconcile::ranges::{Division, HashedColumns, RowFilter, Sums};
use crate::reconcile::rows::SourceRows;
use address::{Address, Server};
use catalog::{SourceTable, find_table};
use connection::Connection;
pub(crate) use log::LogOfSource;
use sluice_contract::{Column, Contract};
use sql::{Hashed, canonical_text, literal, quoted, read_text};
use std::collections::BTreeMap;

/// A table of a live database.
pub(crate) struct DatabaseTable {
    server: Server,
    connection: Connection,
    table: SourceTable,
    place: String,
    /// Position of the log, and what it says of the table.
    pub(crate) log: LogOfSource,
    /// Names of the columns that are read, and their texts by SQL.
    read: Vec<(String, String)>,
    /// Columns of the contract that are not read, with the reason.
    left_out: BTreeMap<String, String>,
    hashed: Option<(Hashed, HashedColumns)>,
    /// Columns of the contract that hashes do not have.
    pub(crate) not_hashed: Vec<String>,
}

impl DatabaseTable {
    /// Connects, and begins a transaction that sees one moment of the table.
    ///
    /// # Errors
    /// If there is no server, no such table, or the user may not read it.
    pub(crate) async fn open(address: &Address, contract: &Contract, table: &str) -> Result<Self, RunError> {
        let mut connection = Connection::open(address).await?;
        let server = address.server;
        let log = LogOfSource::begin(&mut connection, server).await?;
        let table = find_table(&mut connection, server, table).await?;
        let is_utf8 = match server {
            Server::Postgres => {
                connection.value("its encoding", "SHOW server_encoding").await?.as_deref() == Some("UTF8")
            }
            Server::MySql => true,
        };
        let mut read = Vec::new();
        let mut left_out = BTreeMap::new();
        // Other columns of the source are none of the table, unless something is made of them.
        let is_made = contract.columns.iter().any(|column| column.from.is_some() || column.path.is_some());
        let is_named = |name: &str| contract.columns.iter().any(|column| names_of(column).any(|of| of == name));
        for column in table.columns.iter().filter(|column| is_made || is_named(&column.name)) {
            match read_text(server, &column.data_type, &column.name) {
                Some(text) => read.push((column.name.clone(), text)),
                None => {
                    let named = contract.columns.iter().filter(|of| names_of(of).any(|name| *name == column.name));
                    let because = format!("values of type {} cannot be compared", column.data_type);
                    left_out.extend(named.map(|of| (of.name.clone(), because.clone())));
                }
            }
        }
        let mut found = Self {
            server,
            connection,
            place: format!("{}, table {}.{}", address.place(), table.schema, table.name),
            table,
            log,
            read,
            left_out,
            hashed: None,
            not_hashed: Vec::new(),
        };
        if is_utf8 && contract.apply.keep.is_none() {
            found.plan_hashes(contract);
        }
        Ok(found)
    }

    /// Decides which columns are hashed. Without a hash of the whole key there is none.
    fn plan_hashes(&mut self, contract: &Contract) {
        let text = |column: &Column| {
            let canonical = Canonical::of(column)?;
            let there = self.table.column(names_of(column))?;
            let sql = canonical_text(self.server, canonical, &there.data_type, &there.name)?;
            Some((canonical, sql, there.name.clone()))
        };
        let mut hashed = Hashed { key: Vec::new(), others: Vec::new(), number: None };
        let mut columns = HashedColumns { key: Vec::new(), others: Vec::new() };
        for name in &contract.apply.key {
            let column = contract.columns.iter().find(|column| column.name == *name);
            let Some((canonical, sql, there)) = column.and_then(text) else { return };
            if contract.apply.key.len() == 1 && canonical == Canonical::Integer {
                hashed.number = Some(quoted(self.server, &there));
            }
            hashed.key.push(sql);
            columns.key.push((name.clone(), canonical));
        }
        let mut not_hashed = Vec::new();
        let others = contract
            .columns
            .iter()
            .filter(|column| !column.is_system() && !column.removed && !contract.apply.is_key(&column.name));
        for column in others {
            // A null of the source that changes nothing is no difference, and a hash would make it one.
            match text(column).filter(|_| !contract.apply.ignores_null(&column.name)) {
                Some((canonical, sql, _)) => {
                    hashed.others.push(sql);
                    columns.others.push((column.name.clone(), canonical));
                }
                None => not_hashed.push(column.name.clone()),
            }
        }
        self.not_hashed = not_hashed;
        self.hashed = Some((hashed, columns));
    }

    /// Server, database and table in words.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Schema and name of the table.
    pub(crate) fn name(&self) -> (&str, &str) {
        (&self.table.schema, &self.table.name)
    }

    /// Which server it is.
    pub(crate) fn server(&self) -> Server {
        self.server
    }

    /// Columns that are hashed; `None` if ranges of keys cannot be hashed here.
    pub(crate) fn hashed(&self) -> Option<&HashedColumns> {
        self.hashed.as_ref().map(|(_, columns)| columns)
    }

    /// The key column, if the key is one whole number.
    pub(crate) fn number_key(&self) -> Option<&str> {
        let (hashed, columns) = self.hashed.as_ref()?;
        hashed.number.as_ref().and_then(|_| columns.key.first()).map(|(name, _)| name.as_str())
    }

    /// How many rows it has.
    ///
    /// # Errors
    /// If the user may not read it.
    pub(crate) async fn count(&mut self) -> Result<u64, RunError> {
        let sql = format!("SELECT count(*) FROM {}", self.table.quoted(self.server));
        let count = self.connection.value("how many rows there are", &sql).await?;
        count.and_then(|count| count.parse().ok()).ok_or_else(|| no_number("how many rows there are"))
    }

    /// The least and the greatest key of one whole number.
    ///
    /// # Errors
    /// If the user may not read it.
    pub(crate) async fn bounds(&mut self) -> Result<Option<(i64, i64)>, RunError> {
        let Some(column) = self.hashed.as_ref().and_then(|(hashed, _)| hashed.number.as_ref()) else { return Ok(None) };
        let sql = format!("SELECT min({column}), max({column}) FROM {}", self.table.quoted(self.server));
        let rows = self.connection.rows("its keys", &sql).await?;
        let number = |at: usize| rows.first()?.get(at)?.as_deref()?.parse().ok();
        Ok(number(0).zip(number(1)))
    }

    /// Rows and sums of hashes of ranges of keys, made by the database.
    ///
    /// # Errors
    /// If the database cannot make them.
    pub(crate) async fn sums(&mut self, division: &Division) -> Result<Sums, RunError> {
        let what = "the hashes of ranges of keys";
        let Some((hashed, _)) = &self.hashed else {
            return Err(RunError::Internal("hashes of a table without any".to_owned()));
        };
        let sql = hashed.sums(self.server, &self.table.quoted(self.server), division);
        let mut sums = Sums::default();
        for row in self.connection.rows(what, &sql).await? {
            let text = |at: usize| row.get(at).and_then(Option::as_deref);
            let numbers = (|| Some((text(0)?.parse().ok()?, text(1)?.parse().ok()?, text(2)?.parse().ok()?)))();
            let (range, rows, sum) = numbers.ok_or_else(|| no_number(what))?;
            sums.add(range, rows, sum);
        }
        Ok(sums)
    }

    /// The rows that a filter takes.
    ///
    /// # Errors
    /// If the database cannot read them, or a row does not fit the contract.
    pub(crate) async fn rows(&mut self, contract: &Contract, filter: &RowFilter) -> Result<SourceRows, RunError> {
        let condition = match &self.hashed {
            Some((hashed, _)) => hashed.condition(self.server, filter),
            None => String::new(),
        };
        let mut list: Vec<String> = self.read.iter().map(|(_, text)| text.clone()).collect();
        let has_times = self.log.has_commit_times && self.table.has_transactions;
        if has_times {
            list.push("floor(extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::bigint::text".to_owned());
        }
        let sql = format!("SELECT {} FROM {}{condition}", list.join(", "), self.table.quoted(self.server));
        let mut texts = self.connection.rows("its rows", &sql).await?;
        let mut committed_ms = Vec::new();
        if has_times {
            let time = |row: &mut connection::TextRow| row.pop().flatten().and_then(|text| text.parse().ok());
            committed_ms = texts.iter_mut().map(time).collect();
        }
        let names: Vec<String> = self.read.iter().map(|(name, _)| name.clone()).collect();
        let mut rows = SourceRows::of_texts(contract, &names, &texts, &self.place)?;
        rows.left_out.extend(self.left_out.clone());
        // Rows that the contract leaves out have no place in the list.
        if rows.rows.num_rows() == committed_ms.len() {
            rows.committed_ms = committed_ms;
        }
        Ok(rows)
    }

    /// Ends the transaction, so that waiting holds nothing back in the database.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn end(&mut self) -> Result<(), RunError> {
        self.connection.rows("the end of the transaction", "COMMIT").await.map(|_| ())
    }

    /// Whether the log says that the table has no change behind a position of silver.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn is_complete(
        &mut self,
        silver: Option<sluice_cdc::LogPosition>,
        silver_ms: Option<i64>,
    ) -> Result<bool, RunError> {
        let (schema, name) = (self.table.schema.clone(), self.table.name.clone());
        self.log.is_complete(&mut self.connection, (&schema, &name), silver, silver_ms).await
    }
}

/// The condition in SQL that names rows by their keys, for a request to a connector.
pub(crate) fn keys_condition(server: Server, keys: &[Vec<(String, String)>]) -> String {
    let part = |(name, text): &(String, String)| format!("{} = {}", quoted(server, name), literal(server, text));
    let row = |key: &Vec<(String, String)>| key.iter().map(part).collect::<Vec<_>>().join(" AND ");
    match keys {
        [first, ..] if first.len() == 1 => {
            let values = keys.iter().flatten().map(|(_, text)| literal(server, text)).collect::<Vec<_>>().join(", ");
            let name = first.first().map(|(name, _)| quoted(server, name)).unwrap_or_default();
            format!("{name} IN ({values})")
        }
        _ => keys.iter().map(|key| format!("({})", row(key))).collect::<Vec<_>>().join(" OR "),
    }
}

fn names_of(column: &Column) -> impl Iterator<Item = &String> {
    std::iter::once(&column.name).chain(&column.renamed_from)
}

fn no_number(what: &str) -> RunError {
    RunError::Internal(format!("the database answered {what} with something else than a number"))
}
