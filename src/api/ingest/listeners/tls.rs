//! Certificates for TLS.

use std::sync::Arc;

use anyhow::Context;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::config::ListenerConfig;

/// What agrees on TLS with the configured certificate.
///
/// # Errors
/// When certificate or key is not named, cannot be read or they do not fit each other.
pub(super) fn acceptor(config: &ListenerConfig) -> anyhow::Result<TlsAcceptor> {
    let (Some(certificate), Some(key)) = (&config.certificate, &config.private_key) else {
        anyhow::bail!("`certificate` and `private_key` are needed for TLS");
    };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.with_context(|| format!("cannot read `{}`", certificate.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("cannot read `{}`", key.display()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
