//! Whose certificates are believed: those of the authorities that everybody knows, or those of a file alone, for a bank that is its own.

use std::{fs, path::Path};

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Whom connections believe.
///
/// # Errors
/// When the file cannot be read or holds no certificate: the text says which.
pub(super) fn believed(file: Option<&Path>) -> Result<TlsConfig, String> {
    let Some(file) = file else { return Ok(TlsConfig::default()) };
    let pem = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    let found: Vec<Certificate<'static>> = parse_pem(&pem).filter_map(certificate).collect();
    if found.is_empty() {
        return Err(format!("{} has no certificate in PEM form", file.display()));
    }
    Ok(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&found)).build())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpListener,
        process::Command,
        sync::Arc,
        thread,
        time::Duration,
    };

    use tokio_rustls::rustls::{
        ServerConfig, ServerConnection, StreamOwned,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    };

    use super::*;
    use crate::{
        config::LlmConfig,
        ml::openai,
        suggest::{Event, Fault, Priority, Prompt, Request},
    };

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authority.pem");
        assert!(believed(Some(&file)).unwrap_err().contains("authority.pem"));
        for text in ["", "none", "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"] {
            fs::write(&file, text).unwrap();
            assert!(believed(Some(&file)).unwrap_err().contains("no certificate"), "{text}");
        }
        assert!(believed(None).is_ok());
    }

    /// An authority and a certificate that it gave to this machine; whether there is a program to make them.
    fn certified(folder: &Path) -> bool {
        fs::write(folder.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
        let openssl = |words: &str| {
            let output = Command::new("openssl").args(words.split(' ')).current_dir(folder).output();
            output.is_ok_and(|output| output.status.success())
        };
        openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=bank -keyout ca.key -out ca.crt")
            && openssl("req -newkey rsa:2048 -nodes -subj /CN=model -keyout tls.key -out tls.csr")
            && openssl("x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out tls.crt")
    }

    /// A server with that certificate that says a word to whoever believes it; its address.
    fn server(folder: &Path) -> String {
        let chain = CertificateDer::pem_file_iter(folder.join("tls.crt")).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.join("tls.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://{}/v1", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream));
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).is_ok_and(|n| n > 0) {}
                let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                if stream.read_exact(&mut vec![0; length.unwrap_or(0)]).is_err() || head.is_empty() {
                    // Who does not believe is gone already.
                    continue;
                }
                let reply =
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
                let stream = stream.get_mut();
                stream.write_all(format!("{head}{reply}").as_bytes()).unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        });
        address
    }

    #[test]
    fn a_server_of_an_authority_of_ones_own_is_believed_where_its_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        if !certified(folder.path()) {
            eprintln!("skipped: there is no openssl");
            return;
        }
        let url = server(folder.path());
        let ask = |ca_file: Option<&str>| {
            let ca_file = ca_file.map(|name| folder.path().join(name));
            let backend = openai::start(&LlmConfig { url: url.clone(), model: "m".into(), ca_file, ..LlmConfig::default() });
            let prompt = Prompt { system: "s".into(), user: "u".into(), schema: None, max_tokens: 9 };
            let request = Request { prompt, priority: Priority::Analyst, deadline: Duration::from_secs(20), seed: 1 };
            let mut drafting = backend.submit(request)?;
            let events: Vec<Event> = std::iter::from_fn(|| drafting.events.blocking_recv()).collect();
            match events.last() {
                Some(Event::Failed(fault)) => Err(fault.clone()),
                _ => Ok(events.contains(&Event::Text("hello".to_owned()))),
            }
        };
        assert_eq!(ask(Some("ca.crt")), Ok(true));
        assert!(matches!(ask(None), Err(Fault::Absent(why)) if why.contains("cannot be reached")));
        assert!(matches!(ask(Some("names")), Err(Fault::Absent(why)) if why.contains("no certificate")));
    }
}
