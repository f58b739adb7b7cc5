//! Encrypted connections: a certificate that nobody here trusts is refused, with the one that signed it the rows are read.

use super::reconcile;
use anyhow::{Result, ensure};
use sluice_tests::{Certificates, MariaDbServer, POSTGRES_PASSWORD, PostgresServer, Sluice, TestLake};
use std::path::Path;
use tempfile::TempDir;

const CONTRACT: &str = "dataset: shop.customers\nsource: {path: landing/, format: debezium_json}\nschema:\n\
    - {name: id, type: int, primary_key: true}\n- {name: note, type: string}\n";

fn lake() -> Result<(TempDir, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-reconcile-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/customers.yaml", CONTRACT)?;
    lake.write("landing/1.json", "{\"op\":\"c\",\"after\":{\"id\":1,\"note\":\"x\"},\"source\":{\"lsn\":10}}\n")?;
    let sluice = Sluice::on_folder(folder.path()).env("PGPASSWORD", POSTGRES_PASSWORD);
    sluice.ok(&["replay"])?;
    Ok((folder, sluice))
}

fn only_with_the_right_root(sluice: &Sluice, url: &str, certificates: &Certificates) -> Result<()> {
    let with = |root: Option<&Path>| {
        let root = root.map(|root| format!("&sslrootcert={}", root.display())).unwrap_or_default();
        format!("{url}?sslmode=require{root}")
    };
    for (root, next) in [(None, "?sslrootcert=FILE"), (Some(certificates.stranger()), "the file of sslrootcert")] {
        let refused = sluice.call(&["reconcile", "shop.customers", "--with", &with(root.as_deref())])?;
        ensure!(
            refused.code == 2 && refused.err.contains("the certificate of the server is not trusted"),
            "{refused:?}"
        );
        ensure!(refused.err.contains(next), "{refused:?}");
    }
    let (code, found) = reconcile(sluice, &["--with", &with(Some(&certificates.root()))])?;
    ensure!(code == 0 && found["is_equal"] == true && found["source_rows"] == 1, "{found:#}");
    Ok(())
}

#[test]
fn a_certificate_of_postgresql_is_checked() -> Result<()> {
    let test = "a_certificate_of_postgresql_is_checked";
    let Some(certificates) = Certificates::make(test, "postgres")? else { return Ok(()) };
    let settings = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", certificates.server().display()),
        format!("ssl_key_file={}", certificates.key().display()),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let Some(server) = PostgresServer::start(test, &settings)? else { return Ok(()) };
    server.sql("CREATE TABLE customers (id int PRIMARY KEY, note text)")?;
    server.sql("INSERT INTO customers VALUES (1, 'x')")?;
    let (_folder, sluice) = lake()?;
    only_with_the_right_root(&sluice, &server.url(), &certificates)
}

#[test]
fn a_server_without_encryption_is_refused_where_it_is_asked_for() -> Result<()> {
    let test = "a_server_without_encryption_is_refused_where_it_is_asked_for";
    let Some(server) = PostgresServer::start(test, &[])? else { return Ok(()) };
    let (_folder, sluice) = lake()?;
    let url = format!("{}?sslmode=require", server.url());
    let refused = sluice.call(&["reconcile", "shop.customers", "--with", &url])?;
    ensure!(refused.code == 2 && refused.err.contains("TLS"), "{refused:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_mariadb_is_checked() -> Result<()> {
    let test = "a_certificate_of_mariadb_is_checked";
    let Some(certificates) = Certificates::make(test, "root")? else { return Ok(()) };
    let options = [
        format!("--ssl-cert={}", certificates.server().display()),
        format!("--ssl-key={}", certificates.key().display()),
    ];
    let Some(server) = MariaDbServer::start_with(test, &options).await? else { return Ok(()) };
    server.sql("CREATE TABLE shop.customers (id int PRIMARY KEY, note varchar(20))").await?;
    server.sql("INSERT INTO shop.customers VALUES (1, 'x')").await?;
    // From here on it takes encrypted connections alone.
    server.sql("SET GLOBAL require_secure_transport = ON").await?;
    let (_folder, sluice) = lake()?;
    only_with_the_right_root(&sluice, &server.url(), &certificates)
}
