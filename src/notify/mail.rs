//! A letter by mail: text and HTML in one message, whose Message-ID and date are those of the delivery however often it is sent.
//!
//! Each address gets a message of its own: nobody sees the others, and one that is refused does not keep the letter from them.

use std::{
    collections::VecDeque,
    fs,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use lettre::{
    Message, SmtpTransport, Transport,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use secrecy::ExposeSecret;

use super::{Fault, Outcome, body, html, letter::Letter};
use crate::{
    config::{SmtpConfig, SmtpTls},
    domain::MailAddress,
};

/// For each command and its answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Answers that concern the whole server and not the letter: who signs in, and how.
const ABOUT_SIGN_IN: [u16; 6] = [454, 504, 530, 534, 535, 538];

/// Messages that are remembered as taken.
const REMEMBERED: usize = 10_000;
/// Which message of which letter was taken: a letter that comes again because of one address goes to no other twice while this process
/// lives.
static TAKEN: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Sends a letter to each address. What is wrong with one is said with it; it is tried again as long as one may still be taken.
pub(super) fn send(config: &SmtpConfig, addresses: &[MailAddress], letter: &Letter<'_>) -> Outcome {
    let transport = match transport(config) {
        Ok(transport) => transport,
        Err(fault) => return Outcome::Later(fault),
    };
    let begun = Instant::now();
    let each = addresses.iter().map(|address| match begun.elapsed() {
        // A server that does not answer is not asked for each address, or others would take the letter for forgotten.
        elapsed if elapsed > PATIENCE => (address, Outcome::Later(Fault::Late.to_string())),
        _ => (address, send_one(&transport, config, address, letter)),
    });
    together(each, addresses.len())
}

/// What became of a letter, by what became of each of its messages.
fn together<'a>(each: impl Iterator<Item = (&'a MailAddress, Outcome)>, n: usize) -> Outcome {
    let (mut faults, mut may_be_taken) = (Vec::new(), false);
    for (address, outcome) in each {
        match outcome {
            Outcome::Taken => {}
            outcome if n == 1 => return outcome,
            Outcome::Later(fault) => {
                may_be_taken = true;
                faults.push(format!("{}: {fault}", address.as_str()));
            }
            Outcome::Refused(fault) => faults.push(format!("{}: {fault}", address.as_str())),
        }
    }
    let said = Fault::Addresses(faults.join("; ")).to_string();
    match (faults.is_empty(), may_be_taken) {
        (true, _) => Outcome::Taken,
        (false, true) => Outcome::Later(said),
        (false, false) => Outcome::Refused(said),
    }
}

fn send_one(transport: &SmtpTransport, config: &SmtpConfig, address: &MailAddress, letter: &Letter<'_>) -> Outcome {
    let name = format!("{} {}", letter.id, address.as_str());
    if TAKEN.lock().unwrap_or_else(PoisonError::into_inner).contains(&name) {
        return Outcome::Taken;
    }
    let message = match message(config, address, letter) {
        Ok(message) => message,
        Err(fault) => return Outcome::Later(fault),
    };
    match transport.send(&message) {
        Ok(_) => {
            let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
            taken.push_back(name);
            let over = taken.len().saturating_sub(REMEMBERED);
            taken.drain(..over);
            Outcome::Taken
        }
        Err(error) => {
            let said = Fault::of_mail(&error).to_string();
            let code = error.status().map(u16::from);
            let for_good = error.is_permanent() && !code.is_some_and(|code| ABOUT_SIGN_IN.contains(&code));
            if for_good { Outcome::Refused(said) } else { Outcome::Later(said) }
        }
    }
}

fn transport(config: &SmtpConfig) -> Result<SmtpTransport, String> {
    if config.host.is_empty() {
        return Err(super::Lack::MailServer.to_string());
    }
    let tls = match config.tls {
        SmtpTls::None => Tls::None,
        SmtpTls::Implicit => Tls::Wrapper(parameters(config)?),
        SmtpTls::Starttls => Tls::Required(parameters(config)?),
    };
    let port = match (config.port, config.tls) {
        (0, SmtpTls::Implicit) => 465,
        (0, SmtpTls::Starttls) => 587,
        (0, SmtpTls::None) => 25,
        (port, _) => port,
    };
    let mut builder = SmtpTransport::builder_dangerous(&config.host).port(port).tls(tls).timeout(Some(PATIENCE));
    if !config.user.is_empty() {
        builder = builder.credentials(Credentials::new(config.user.clone(), config.password.expose_secret().to_owned()));
    }
    Ok(builder.build())
}

fn parameters(config: &SmtpConfig) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_file {
        let pem = fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| format!("{} has no certificate: {error}", path.display()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| error.to_string())
}

fn message(config: &SmtpConfig, address: &MailAddress, letter: &Letter<'_>) -> Result<Message, String> {
    let from: Mailbox = config.from.parse().map_err(|error| Fault::From(format!("{error}")).to_string())?;
    let domain = from.email.domain().to_owned();
    let created = u64::try_from(letter.created_at.timestamp_millis()).unwrap_or_default();
    let mut builder = Message::builder()
        .from(from)
        .subject(letter.subject())
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(created))
        .message_id(Some(format!("<{}.loghelper@{domain}>", letter.id)));
    for (name, value) in [
        ("List-Id", format!("<{}.loghelper.{domain}>", letter.branch)),
        // No out-of-office note is to answer it.
        ("Auto-Submitted", "auto-generated".to_owned()),
        ("X-LogHelper-Delivery", letter.id.clone()),
    ] {
        builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
    }
    let mailbox: Mailbox = address.as_str().parse().map_err(|error| format!("`{}` is no address: {error}", address.as_str()))?;
    builder = builder.to(mailbox);
    let parts = MultiPart::alternative_plain_html(body::text(letter), html::html(letter));
    builder.multipart(parts).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{super::letter::tests::*, *};
    use crate::{
        config::NotifyConfig,
        domain::{Channel, Tongue},
    };

    fn written(from: &str) -> Result<String, String> {
        let (config, delivery, subscription) = (NotifyConfig::default(), a_delivery(), a_subscription(Tongue::Ukrainian));
        let smtp = SmtpConfig { from: from.to_owned(), ..SmtpConfig::default() };
        let Channel::Mail { addresses } = &subscription.channel else { return Err("no mail".into()) };
        let message = message(&smtp, addresses.first().ok_or("no address")?, &Letter::new(&config, &subscription, &delivery))?;
        String::from_utf8(message.formatted()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_letter_is_the_same_whenever_it_is_written() {
        let one = written("LogHelper <log@bank.ua>").unwrap();
        let without_boundary = |text: &str| text.split("boundary").next().map(str::to_owned);
        assert_eq!(without_boundary(&one), without_boundary(&written("LogHelper <log@bank.ua>").unwrap()));
        let id = a_delivery().id;
        for line in [
            format!("Message-ID: <{id}.loghelper@bank.ua>\r\n"),
            "List-Id: <K01.loghelper.bank.ua>\r\n".to_owned(),
            "Date: Sun, 08 May 2016 07:17:45 +0000\r\n".to_owned(),
            "To: a@b.ua\r\n".to_owned(),
        ] {
            assert!(one.contains(&line), "{line}{one}");
        }
        // Nothing that came from a log has become a header.
        assert!(!one.split("\r\n\r\n").next().unwrap().contains("Bcc"));
        assert!(one.is_ascii());
    }

    #[test]
    fn a_sender_that_is_none_is_said() {
        assert!(written("nobody").unwrap_err().contains("notify.smtp.from"));
    }

    #[test]
    fn one_refused_address_is_named_and_keeps_no_other_from_the_letter() {
        let taken = || Outcome::Taken;
        let (later, refused) = (|| Outcome::Later("421 busy".into()), || Outcome::Refused("550 unknown".into()));
        let addresses: Vec<MailAddress> = match Channel::mail("a@b.ua, c@d.ua").unwrap() {
            Channel::Mail { addresses } => addresses,
            Channel::Webhook { .. } => Vec::new(),
        };
        for (outcomes, expected) in [
            ([taken(), taken()], Outcome::Taken),
            ([refused(), taken()], Outcome::Refused("not every address took it: a@b.ua: 550 unknown".into())),
            ([taken(), later()], Outcome::Later("not every address took it: c@d.ua: 421 busy".into())),
            ([refused(), later()], Outcome::Later("not every address took it: a@b.ua: 550 unknown; c@d.ua: 421 busy".into())),
        ] {
            assert_eq!(together(addresses.iter().zip(outcomes), 2), expected);
        }
        assert_eq!(together(addresses.iter().zip([refused()]), 1), refused());
    }

    #[test]
    fn a_server_that_is_not_there_is_waited_for() {
        let smtp = SmtpConfig { host: "127.0.0.1".into(), port: 9, from: "a@b.ua".into(), tls: SmtpTls::None, ..SmtpConfig::default() };
        let (config, delivery, subscription) = (NotifyConfig::default(), a_delivery(), a_subscription(Tongue::English));
        let letter = Letter::new(&config, &subscription, &delivery);
        let Channel::Mail { addresses } = &subscription.channel else { return };
        assert!(matches!(send(&smtp, addresses, &letter), Outcome::Later(_)));
        assert!(matches!(send(&SmtpConfig::default(), addresses, &letter), Outcome::Later(_)));
    }
}
