//! Where a database is and who asks it. Nothing here has a form that shows a password.

use crate::RunError;
use percent_encoding::percent_decode_str;
use sluice_api::DatabaseUrl;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use url::Url;

/// Which server speaks there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// PostgreSQL.
    Postgres,
    /// `MySQL` or `MariaDB`.
    MySql,
}

/// Whether the connection is encrypted. The certificate is always checked where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// No.
    Off,
    /// If the server offers it.
    Preferred,
    /// Yes, or there is no connection.
    Required,
}

/// Where a database is.
pub(crate) struct Address {
    pub(crate) server: Server,
    /// Name, address or folder of a socket.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<String>,
    pub(crate) database: String,
    pub(crate) encryption: Encryption,
    /// Certificates that are trusted besides those of the system.
    pub(crate) root_certificate: Option<PathBuf>,
}

impl Address {
    /// Reads an address. What it does not say comes from the environment, as the clients of the servers have it.
    ///
    /// # Errors
    /// If it is none, or names no database.
    pub(crate) fn of(url: &DatabaseUrl) -> Result<Self, RunError> {
        Self::with(url, |name| std::env::var(name).ok(), |path| std::fs::read_to_string(path).ok())
    }

    fn with(
        url: &DatabaseUrl,
        variable: impl Fn(&str) -> Option<String>,
        read: impl Fn(&Path) -> Option<String>,
    ) -> Result<Self, RunError> {
        let example = "Write postgres://USER@HOST:PORT/DATABASE or mysql://USER@HOST:PORT/DATABASE";
        let wrong = |what: &str| RunError::input(format!("This is no address of a database: {what}"), example);
        // The error of the parser may hold what it read.
        let parsed = Url::parse(url.expose()).map_err(|_| wrong("it cannot be read"))?;
        let server = match parsed.scheme() {
            "postgres" | "postgresql" => Server::Postgres,
            "mysql" | "mariadb" => Server::MySql,
            _ => return Err(wrong("it begins with neither postgres:// nor mysql://")),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let option = |name: &str| {
            parsed
                .query_pairs()
                .find(|(of, _)| of == name)
                .map(|(_, value)| value.into_owned())
                .filter(|v| !v.is_empty())
        };
        let known = ["host", "sslmode", "sslrootcert", "password", "user"];
        if let Some((name, _)) = parsed.query_pairs().find(|(name, _)| !known.contains(&name.as_ref())) {
            return Err(RunError::input(
                format!("The address has an option `{name}` that is not known"),
                format!("Known are {}", known.join(", ")),
            ));
        }
        let host = option("host").or_else(|| parsed.host_str().map(|host| decoded(host.trim_matches(['[', ']']))));
        let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| "localhost".to_owned());
        let (user_variable, password_variable, port) = match server {
            Server::Postgres => ("PGUSER", "PGPASSWORD", 5432),
            Server::MySql => ("MYSQL_USER", "MYSQL_PWD", 3306),
        };
        let port = parsed.port().unwrap_or(port);
        let named = Some(decoded(parsed.username())).filter(|user| !user.is_empty()).or_else(|| option("user"));
        let user = named.or_else(|| variable(user_variable)).or_else(|| variable("USER"));
        let user = user.ok_or_else(|| wrong("it names no user"))?;
        let database = decoded(parsed.path().trim_start_matches('/'));
        if database.is_empty() {
            return Err(wrong("it names no database"));
        }
        let written = parsed.password().map(decoded).or_else(|| option("password"));
        let from_file = || {
            let named = variable("PGPASSFILE").map(PathBuf::from);
            let usual = || variable("HOME").map(|home| Path::new(&home).join(".pgpass"));
            let text = named.or_else(usual).filter(|_| server == Server::Postgres).and_then(|path| read(&path))?;
            password_in(&text, [&host, &port.to_string(), &database, &user])
        };
        let password = written.or_else(|| variable(password_variable)).or_else(from_file);
        let encryption = match option("sslmode").as_deref() {
            None if is_this_machine(&host) => Encryption::Preferred,
            None => Encryption::Required,
            Some("disable") => Encryption::Off,
            Some("allow" | "prefer") => Encryption::Preferred,
            Some("require" | "verify-ca" | "verify-full") => Encryption::Required,
            Some(_) => return Err(wrong("its sslmode is none of disable, prefer, require, verify-ca, verify-full")),
        };
        let root_certificate = option("sslrootcert").map(PathBuf::from);
        Ok(Self { server, host, port, user, password, database, encryption, root_certificate })
    }

    /// In words, without user and password.
    pub(crate) fn place(&self) -> String {
        let server = match self.server {
            Server::Postgres => "PostgreSQL",
            Server::MySql => "MySQL",
        };
        format!("{server} {}:{}/{}", self.host, self.port, self.database)
    }
}

fn is_this_machine(host: &str) -> bool {
    host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The password of the first line of a `.pgpass` that fits: `host:port:database:user:password`, `*` fits anything, `\`
/// stands before a colon or itself.
///
/// Source: PostgreSQL documentation, "The Password File".
fn password_in(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = vec![String::new()];
        let mut letters = line.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => fields.last_mut()?.extend(letters.next()),
                ':' if fields.len() < 5 => fields.push(String::new()),
                letter => fields.last_mut()?.push(letter),
            }
        }
        let fits = fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
        (fields.len() == 5 && fits).then(|| fields.pop()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::{Address, Encryption, Server, password_in};
    use sluice_api::DatabaseUrl;

    fn address(url: &str) -> Result<Address, String> {
        let variable = |name: &str| match name {
            "USER" => Some("ada".to_owned()),
            "HOME" => Some("/srv/ada".to_owned()),
            _ => None,
        };
        let read = |path: &std::path::Path| {
            (path == std::path::Path::new("/srv/ada/.pgpass")).then(|| "db:*:shop:ada:from\\:file\n".to_owned())
        };
        Address::with(&DatabaseUrl::new(url), variable, read).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_says_where_and_who() {
        let full = address("postgres://me:s3cr%40t@db.example:6000/shop?sslmode=verify-full").unwrap();
        assert_eq!((full.server, full.host.as_str(), full.port), (Server::Postgres, "db.example", 6000));
        assert_eq!((full.user.as_str(), full.password.as_deref()), ("me", Some("s3cr@t")));
        assert_eq!(full.place(), "PostgreSQL db.example:6000/shop");
        let short = address("postgresql://db/shop").unwrap();
        assert_eq!((short.user.as_str(), short.password.as_deref()), ("ada", Some("from:file")));
        assert_eq!((short.port, short.encryption), (5432, Encryption::Required));
        let local = address("mysql://127.0.0.1:3307/shop").unwrap();
        assert_eq!((local.server, local.password, local.encryption), (Server::MySql, None, Encryption::Preferred));
        assert_eq!(address("postgres:///shop?host=/run/pg").unwrap().host, "/run/pg");
    }

    #[test]
    fn a_wrong_address_is_refused_without_showing_it() {
        for url in [
            "",
            "shop",
            "oracle://me:s3cr@db/shop",
            "postgres://me:s3cr@db",
            "postgres://me:s3cr@db:port/x",
            "postgres://me:s3cr@db/x?sslmode=maybe",
            "postgres://me:s3cr@db/x?option=s3cr",
        ] {
            let error = address(url).map(|_| ()).unwrap_err();
            assert!(!error.contains("s3cr"), "{error}");
        }
    }

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let text = "# db:5432:shop:ada:no\n*:5432:other:*:no\ndb:5432:*:ada:a\\\\b:c\n*:*:*:*:last";
        assert_eq!(password_in(text, ["db", "5432", "shop", "ada"]).as_deref(), Some("a\\b:c"));
        assert_eq!(password_in(text, ["db2", "5432", "shop", "ada"]).as_deref(), Some("last"));
        assert_eq!(password_in("db:5432:shop:ada", ["db", "5432", "shop", "ada"]), None);
    }
}
