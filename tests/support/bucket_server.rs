//! A store that speaks as much of S3's language as Sluice does, and refuses what a test says.
//!
//! One bucket in memory, on a port of this machine. Answers and refusals have the form that S3 documents (REST API,
//! "Error responses"): a status, and for all but `HEAD` a document with a code and words of the server's.

use crate::files_below;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::ops::Bound;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOperation {
    /// Names of files.
    List,
    /// A file, or a part of it.
    Get,
    /// Whether a file is there.
    Head,
    /// A file written.
    Put,
    /// Files removed.
    Delete,
}

/// A refusal: status and code. The words beside them repeat the request and a key, which nobody may show.
#[derive(Clone, Copy, Debug)]
pub struct StoreRefusal {
    /// HTTP status.
    pub status: u16,
    /// Code of S3.
    pub code: &'static str,
}

/// Words of the server's that nothing may repeat.
pub const SERVER_WORDS: &str = "words of the server AKIASERVER";

/// Keys in one answer, as S3 has it.
const PAGE_KEYS: usize = 1_000;

type Rule = Box<dyn Fn(StoreOperation, &str) -> Option<StoreRefusal> + Send>;

struct State {
    bucket: String,
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    rule: Mutex<Rule>,
    requests: Mutex<Vec<(StoreOperation, String)>>,
    is_over: AtomicBool,
}

/// The server; it ends with the value.
pub struct BucketServer {
    port: u16,
    state: Arc<State>,
    accepting: Option<JoinHandle<()>>,
}

struct Request {
    method: String,
    bucket: String,
    key: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl BucketServer {
    /// Starts it with an empty bucket; it refuses nothing.
    ///
    /// # Errors
    /// When there is no port.
    pub fn start(bucket: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State {
            bucket: bucket.to_owned(),
            files: Mutex::default(),
            rule: Mutex::new(Box::new(|_, _| None)),
            requests: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.is_over.load(Ordering::Relaxed) {
                    break;
                }
                let state = Arc::clone(&shared);
                std::thread::spawn(move || answer(&state, stream).ok());
            }
        });
        Ok(Self { port, state, accepting: Some(accepting) })
    }

    /// Its address.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Refuses what `rule` says, by operation and key, from now on.
    pub fn refuse(&self, rule: impl Fn(StoreOperation, &str) -> Option<StoreRefusal> + Send + 'static) {
        *self.state.rule.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(rule);
    }

    /// Puts all files of a folder below a prefix.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn put_folder(&self, prefix: &str, folder: &Path) -> Result<()> {
        let mut files = self.state.files.lock().unwrap_or_else(PoisonError::into_inner);
        for file in files_below(folder)? {
            files.insert(format!("{prefix}/{}", file.display()), std::fs::read(folder.join(&file))?);
        }
        Ok(())
    }

    /// Puts a file.
    pub fn put(&self, key: &str, content: impl Into<Vec<u8>>) {
        self.state.files.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), content.into());
    }

    /// Forgets what was asked so far.
    pub fn forget_requests(&self) {
        self.state.requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Keys of all files.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.state.files.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// What was asked so far, with the key or prefix.
    #[must_use]
    pub fn requests(&self) -> Vec<(StoreOperation, String)> {
        self.state.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for BucketServer {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for a connection.
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok();
        if let Some(thread) = self.accepting.take() {
            thread.join().ok();
        }
    }
}

fn answer(state: &State, stream: TcpStream) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let request = read(&mut reader)?;
    let is_head = request.method == "HEAD";
    let Answer { status, headers, body } = respond(state, &request);
    let mut text = format!("HTTP/1.1 {status} Answer\r\nConnection: close\r\n");
    for (name, value) in &headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if !headers.iter().any(|(name, _)| *name == "Content-Length") {
        let _ = write!(text, "Content-Length: {}\r\n", body.len());
    }
    text.push_str("\r\n");
    let mut stream = stream;
    stream.write_all(text.as_bytes())?;
    if !is_head {
        stream.write_all(&body)?;
    }
    stream.flush()?;
    Ok(())
}

fn read(reader: &mut impl BufRead) -> Result<Request> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().context("no method")?.to_owned(), words.next().context("no target")?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = decoded(path.trim_start_matches('/'));
    let (bucket, key) = path.split_once('/').map_or((path.as_str(), ""), |parts| parts);
    let (bucket, key) = (bucket.to_owned(), key.to_owned());
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let query = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(&value.replace('+', " ")))
    });
    let query = query.collect();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request { method, bucket, key, query, headers, body })
}

fn respond(state: &State, request: &Request) -> Answer {
    let operation = match request.method.as_str() {
        "GET" if request.query.contains_key("list-type") => StoreOperation::List,
        "GET" => StoreOperation::Get,
        "HEAD" => StoreOperation::Head,
        "PUT" => StoreOperation::Put,
        _ => StoreOperation::Delete,
    };
    let asked = match operation {
        StoreOperation::List => request.query.get("prefix").cloned().unwrap_or_default(),
        _ => request.key.clone(),
    };
    state.requests.lock().unwrap_or_else(PoisonError::into_inner).push((operation, asked.clone()));
    if let Some(refusal) = (state.rule.lock().unwrap_or_else(PoisonError::into_inner))(operation, &asked) {
        return refused(refusal);
    }
    if request.bucket != state.bucket {
        return refused(StoreRefusal { status: 404, code: "NoSuchBucket" });
    }
    let mut files = state.files.lock().unwrap_or_else(PoisonError::into_inner);
    match operation {
        StoreOperation::List => list(&files, &request.query),
        StoreOperation::Get | StoreOperation::Head => match files.get(&request.key) {
            Some(content) => part(content, request.headers.get("range")),
            None => refused(StoreRefusal { status: 404, code: "NoSuchKey" }),
        },
        StoreOperation::Put => {
            let is_new = request.headers.get("if-none-match").is_some_and(|value| value == "*");
            if is_new && files.contains_key(&request.key) {
                return refused(StoreRefusal { status: 412, code: "PreconditionFailed" });
            }
            let headers = vec![("ETag", etag(&request.body))];
            files.insert(request.key.clone(), request.body.clone());
            Answer { status: 200, headers, body: Vec::new() }
        }
        StoreOperation::Delete => {
            files.remove(&request.key);
            let named = String::from_utf8_lossy(&request.body).into_owned();
            let mut removed = String::new();
            for key in named.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()) {
                files.remove(key);
                removed.push_str(&format!("<Deleted><Key>{key}</Key></Deleted>"));
            }
            document(200, format!("<DeleteResult>{removed}</DeleteResult>"))
        }
    }
}

/// A page of names, without looking at those before and behind it. What is in one folder of a delimited listing counts as one
/// name, as in S3.
fn list(files: &BTreeMap<String, Vec<u8>>, query: &BTreeMap<String, String>) -> Answer {
    let prefix = query.get("prefix").map_or("", String::as_str);
    let after = query.get("continuation-token").or_else(|| query.get("start-after")).map_or("", String::as_str);
    let delimiter = query.get("delimiter").map(String::as_str).filter(|delimiter| !delimiter.is_empty());
    let first_from = |from: Bound<&str>| {
        files.range::<str, _>((from, Bound::Unbounded)).next().filter(|(key, _)| key.starts_with(prefix))
    };
    let begin = if after < prefix { Bound::Included(prefix) } else { Bound::Excluded(after) };
    let (mut next, mut names, mut last) = (first_from(begin), 0, String::new());
    let (mut text, mut folders) = ("<ListBucketResult>".to_owned(), String::new());
    while let Some((key, content)) = next.filter(|_| names < PAGE_KEYS) {
        names += 1;
        let rest = key.get(prefix.len()..).unwrap_or_default();
        if let Some((folder, _)) = delimiter.and_then(|delimiter| rest.split_once(delimiter)) {
            let folder = format!("{prefix}{folder}/");
            let _ = write!(folders, "<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>");
            // No name in the folder is behind it.
            last = format!("{folder}{}", char::MAX);
        } else {
            let _ = write!(
                text,
                "<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>{}</ETag>\
                 <Size>{}</Size></Contents>",
                etag(content),
                content.len()
            );
            last.clone_from(key);
        }
        next = first_from(Bound::Excluded(&last));
    }
    text.push_str(&folders);
    let _ = write!(text, "<IsTruncated>{}</IsTruncated>", next.is_some());
    if next.is_some() {
        let _ = write!(text, "<NextContinuationToken>{last}</NextContinuationToken>");
    }
    text.push_str("</ListBucketResult>");
    document(200, text)
}

fn part(content: &[u8], range: Option<&String>) -> Answer {
    let length = content.len();
    let mut headers = vec![("ETag", etag(content)), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT".to_owned())];
    let wanted = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-'));
    let (first, end) = match wanted {
        None => {
            headers.push(("Content-Length", length.to_string()));
            return Answer { status: 200, headers, body: content.to_vec() };
        }
        Some(("", count)) => (length.saturating_sub(count.parse().unwrap_or(0)), length),
        Some((first, last)) => {
            let last = last.parse::<usize>().map_or(length, |last| last.saturating_add(1));
            (first.parse().unwrap_or(0).min(length), last.min(length))
        }
    };
    let body = content.get(first..end).unwrap_or_default().to_vec();
    headers.push(("Content-Range", format!("bytes {first}-{}/{length}", end.saturating_sub(1))));
    headers.push(("Content-Length", body.len().to_string()));
    Answer { status: 206, headers, body }
}

fn refused(StoreRefusal { status, code }: StoreRefusal) -> Answer {
    let text = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{SERVER_WORDS}</Message>\
         <AWSAccessKeyId>AKIASERVER</AWSAccessKeyId><RequestId>4442587FB7D0A2F9</RequestId></Error>"
    );
    document(status, text)
}

fn document(status: u16, text: String) -> Answer {
    Answer { status, headers: vec![("Content-Type", "application/xml".to_owned())], body: text.into_bytes() }
}

fn etag(content: &[u8]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in content {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("\"{hash:016x}\"")
}

fn decoded(text: &str) -> String {
    let (bytes, mut plain, mut at) = (text.as_bytes(), Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| *byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(decoded) => {
                plain.push(decoded);
                at += 3;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
