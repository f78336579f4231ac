//! HTTPS for the simulated org: a certificate authority that lives as long as the simulator, one certificate below it, and
//! a listener that offers HTTP/2 and HTTP/1.1.
//!
//! The authority's certificate goes into a file, so that a client can be told to trust it and nothing else needs to be
//! switched off. The keys never leave the process. Lifetimes are real time, whatever the org's clock says: the other side
//! checks them against its own.

use std::io;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Where to listen for HTTPS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address; port 0 takes any free one.
    pub address: SocketAddr,
    /// The directory for the authority's certificate; a temporary one that goes with the simulator when there is none.
    pub directory: Option<PathBuf>,
}

/// Why HTTPS could not be offered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificates could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library does not take them.
    #[error("cannot use the certificate: {0}")]
    Unusable(#[from] rustls::Error),
    /// The authority's certificate could not be written.
    #[error("cannot write {}: {source}; choose another directory with --tls-dir", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// How long a certificate is good for; browsers and some systems take none that lasts longer.
const LIFETIME: SignedDuration = SignedDuration::from_hours(397 * 24);
/// A client whose clock is a little behind should still take it.
const BACKDATED: SignedDuration = SignedDuration::from_hours(24);
/// How long a connection may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// The name of the authority's certificate in its directory.
const CA_FILE: &str = "oktop-sim-ca.pem";

/// What a server needs to be believed, and the file by which clients come to believe it.
#[derive(Debug)]
pub struct Identity {
    /// The PEM file with the authority's certificate, readable by its owner alone.
    pub ca_file: PathBuf,
    config: Arc<ServerConfig>,
    /// Removes the file in the end, when nobody said where to put it.
    _temporary: Option<TempDir>,
}

impl Identity {
    /// Makes an authority and a certificate for `localhost`, both loopback addresses and the address listened on, and
    /// writes the authority's certificate.
    ///
    /// # Errors
    /// When the file cannot be written, or the certificates cannot be made.
    pub fn make(place: &Place) -> Result<Self, Error> {
        let issued = Issued::now(place.address)?;
        let temporary = match place.directory {
            Some(_) => None,
            None => Some(temporary()?),
        };
        let directory = place.directory.as_deref();
        let directory = directory.or(temporary.as_ref().map(TempDir::path));
        let ca_file = directory.unwrap_or(Path::new(".")).join(CA_FILE);
        let write = |source| Error::Write {
            path: ca_file.clone(),
            source,
        };
        write_private(&ca_file, &issued.authority).map_err(write)?;
        Ok(Self {
            config: Arc::new(issued.config()?),
            ca_file,
            _temporary: temporary,
        })
    }
}

fn temporary() -> Result<TempDir, Error> {
    TempDir::with_prefix("oktop-sim-").map_err(|source| Error::Write {
        path: std::env::temp_dir(),
        source,
    })
}

/// Puts a new file where none or an older one was. A certificate is public; that nobody else can change it is what matters.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory)?;
    // Temporary files are made for their owner alone, and renaming replaces a file or a link as a whole.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

struct Issued {
    /// PEM.
    authority: String,
    authority_der: Vec<u8>,
    leaf: Certificate,
    key: KeyPair,
}

impl Issued {
    fn now(address: SocketAddr) -> Result<Self, rcgen::Error> {
        let authority = CertifiedIssuer::self_signed(authority(), KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        Ok(Self {
            authority: authority.pem(),
            authority_der: authority.der().to_vec(),
            leaf: leaf(address)?.signed_by(&key, &authority)?,
            key,
        })
    }

    fn config(self) -> Result<ServerConfig, rustls::Error> {
        let chain = vec![self.leaf.der().clone(), self.authority_der.into()];
        let key = PrivateKeyDer::Pkcs8(self.key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn authority() -> CertificateParams {
    let mut params = dated(CertificateParams::default());
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
        .distinguished_name
        .push(DnType::CommonName, "oktop simulated org");
    params
}

fn leaf(address: SocketAddr) -> Result<CertificateParams, rcgen::Error> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    let own = address.ip();
    if !own.is_unspecified() && !names.contains(&own.to_string()) {
        names.push(own.to_string());
    }
    let mut params = dated(CertificateParams::new(names)?);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    Ok(params)
}

fn dated(mut params: CertificateParams) -> CertificateParams {
    let now = Timestamp::now();
    let day = |at: Timestamp| {
        let date = at.to_zoned(TimeZone::UTC).date();
        let part = |number: i8| u8::try_from(number).unwrap_or(1);
        rcgen::date_time_ymd(i32::from(date.year()), part(date.month()), part(date.day()))
    };
    params.not_before = day(now - BACKDATED);
    params.not_after = day(now + LIFETIME);
    params
}

/// Accepts connections and hands them on when they speak TLS.
pub struct Listener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    /// Connections that are still agreeing: one that never does must not keep the others waiting.
    agreeing: JoinSet<Option<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Listener {
    /// A listener on `tcp` that shows `identity`.
    pub fn new(tcp: TcpListener, identity: &Identity) -> Self {
        Self {
            tcp,
            acceptor: TlsAcceptor::from(Arc::clone(&identity.config)),
            agreeing: JoinSet::new(),
        }
    }

    fn agree(&mut self, stream: TcpStream, from: SocketAddr) {
        let _ = stream.set_nodelay(true);
        let agreeing = self.acceptor.accept(stream);
        self.agreeing.spawn(async move {
            let agreed = tokio::time::timeout(HANDSHAKE, agreeing).await;
            Some((agreed.ok()?.ok()?, from))
        });
    }
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, from) = axum::serve::Listener::accept(&mut self.tcp) => self.agree(stream, from),
                Some(agreed) = self.agreeing.join_next() => {
                    if let Ok(Some(agreed)) = agreed {
                        return agreed;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn place(directory: Option<&Path>) -> Place {
        Place {
            address: "127.0.0.1:0".parse().unwrap(),
            directory: directory.map(Path::to_owned),
        }
    }

    #[test]
    fn the_authoritys_file_is_its_owners_and_replaces_an_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("deep/er");
        let first = Identity::make(&place(Some(&directory))).unwrap();
        let before = std::fs::read_to_string(&first.ca_file).unwrap();
        let second = Identity::make(&place(Some(&directory))).unwrap();
        assert_eq!(first.ca_file, second.ca_file);
        let after = std::fs::read_to_string(&second.ca_file).unwrap();
        assert!(after.starts_with("-----BEGIN CERTIFICATE-----") && after != before);
        let mode = std::fs::metadata(&second.ca_file)
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!after.contains("PRIVATE"));
    }

    #[test]
    fn a_file_that_nobody_asked_for_goes_with_the_simulator() {
        let identity = Identity::make(&place(None)).unwrap();
        let file = identity.ca_file.clone();
        assert!(file.exists());
        drop(identity);
        assert!(!file.exists());
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "").unwrap();
        let error = Identity::make(&place(Some(&taken))).unwrap_err();
        assert!(error.to_string().contains("--tls-dir"), "{error}");
    }
}
