//! Why a message did not reach its receiver, in the reader's language.
//!
//! What sends it tells in English, as it is stored. Its own sentences stand in the message files; what a receiver or a mail server said
//! itself is shown as it came.

use super::{fault, i18n::Language};

/// The sentences.
const SENTENCES: [&str; 15] = [
    "delivery.fault.addresses",
    "delivery.fault.interrupted",
    "delivery.fault.nobody",
    "delivery.fault.server",
    "delivery.fault.host",
    "delivery.fault.address",
    "delivery.fault.refused",
    "delivery.fault.broken",
    "delivery.fault.late",
    "delivery.fault.connect",
    "delivery.fault.unknown_host",
    "delivery.fault.tls",
    "delivery.fault.redirect",
    "delivery.fault.answered",
    "delivery.fault.from",
];

/// The sentence in this language; as it came, where it is none of ours.
pub(super) fn told(language: Language, text: &str) -> String {
    fault::told_by(&SENTENCES, language, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::{Fault, Lack};

    #[test]
    fn its_sentences_are_those_of_who_sends() {
        let faults = Fault::samples().into_iter().map(|fault| fault.to_string());
        let lacks = [Lack::MailServer, Lack::Host("x.ua".into())].into_iter().map(|lack| lack.to_string());
        let all: Vec<String> = faults.chain(lacks).collect();
        for text in &all {
            assert_ne!(told(Language::Ukrainian, text), *text);
            assert_eq!(told(Language::English, text), *text);
        }
        assert_eq!(told(Language::Ukrainian, "500 Internal Server Error: <b>"), "500 Internal Server Error: <b>");
    }
}
