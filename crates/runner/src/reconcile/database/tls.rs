//! Encrypted connections to PostgreSQL through rustls.

use crate::RunError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect};
use tokio_rustls::client::TlsStream;

/// Makes encrypted connections.
#[derive(Clone)]
pub(super) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Servers have to have a certificate that this machine trusts, or one of a file.
    ///
    /// # Errors
    /// If the file cannot be read, or holds no certificate.
    pub(super) fn new(root: Option<&Path>) -> Result<Self, RunError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let failed =
            |_| RunError::input("TLS is not available on this machine", "Use sslmode=disable on a trusted network");
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(failed)?;
        let config = match root {
            None => builder.with_platform_verifier().map_err(failed)?.with_no_client_auth(),
            Some(path) => builder.with_root_certificates(roots(path)?).with_no_client_auth(),
        };
        Ok(Self(Arc::new(config)))
    }
}

/// Says which cryptography encrypted connections to `MySQL` use: its client takes that of the process, of which several are
/// compiled in. One that was chosen before stays.
pub(super) fn choose_for_mysql() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn roots(path: &Path) -> Result<RootCertStore, RunError> {
    let next = "Name a file of certificates in PEM form as sslrootcert";
    let failed = || RunError::input(format!("{} holds no certificate", path.display()), next);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|_| failed())? {
        roots.add(certificate.map_err(|_| failed())?).map_err(|_| failed())?;
    }
    if roots.is_empty() { Err(failed()) } else { Ok(roots) }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Tls {
    type Stream = Encrypted<S>;
    type TlsConnect = Connector;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(&mut self, host: &str) -> Result<Connector, InvalidDnsNameError> {
        Ok(Connector { config: Arc::clone(&self.0), host: ServerName::try_from(host.to_owned())? })
    }
}

/// Encrypts one connection.
pub(super) struct Connector {
    config: Arc<ClientConfig>,
    host: ServerName<'static>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connector {
    type Stream = Encrypted<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let connect = tokio_rustls::TlsConnector::from(self.config).connect(self.host, stream);
        Box::pin(async { Ok(Encrypted(Box::new(connect.await?))) })
    }
}

/// An encrypted stream.
pub(super) struct Encrypted<S>(Box<TlsStream<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> tokio_postgres::tls::TlsStream for Encrypted<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Encrypted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, to)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Encrypted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
