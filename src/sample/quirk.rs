//! What is irregular about an exchange, and how often.

use super::random::Random;

/// How an exchange is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quirk {
    /// As it should be.
    None,
    /// The bodies stand over several lines.
    Pretty,
    /// The request is not there.
    NoRequest,
    /// The response is not there.
    NoResponse,
    /// The request's header has no body.
    NoRequestBody,
    /// The response's header has no body.
    NoResponseBody,
    /// The server fell over while it wrote the request.
    CutRequest,
    /// The response ends in the middle.
    CutResponse,
    /// No message id; the client has an address of its own.
    NoMessageId,
    /// Two sessions of one client at once, both without message id: which response is whose, only the session says.
    Contested,
    /// The response stands before its request.
    ResponseFirst,
    /// The request stands there twice.
    RequestTwice,
    /// The response stands there twice.
    ResponseTwice,
    /// The request's date does not exist.
    BadDate,
    /// The request is not the JSON it should be.
    DamagedRequest,
    /// The response is not the JSON it should be.
    DamagedResponse,
    /// Text follows the response's body on its line.
    Trailing,
    /// A line that belongs to no record stands between the response's header and its body.
    ForeignInside,
    /// Strings with markers of records, braces and quotes.
    Markers,
    /// A scan in the request.
    Blob,
    /// A large scan in the request.
    HugeBlob,
    /// The message id is that of other exchanges.
    ReusedId,
}

/// Quirks in thousandths of all exchanges.
const SHARES: [(u64, Quirk); 21] = [
    (60, Quirk::Pretty),
    (10, Quirk::NoRequest),
    (14, Quirk::NoResponse),
    (4, Quirk::NoRequestBody),
    (4, Quirk::NoResponseBody),
    (5, Quirk::CutRequest),
    (5, Quirk::CutResponse),
    (8, Quirk::NoMessageId),
    (6, Quirk::Contested),
    (6, Quirk::ResponseFirst),
    (4, Quirk::RequestTwice),
    (4, Quirk::ResponseTwice),
    (4, Quirk::BadDate),
    (4, Quirk::DamagedRequest),
    (5, Quirk::DamagedResponse),
    (5, Quirk::Trailing),
    (3, Quirk::ForeignInside),
    (12, Quirk::Markers),
    (10, Quirk::Blob),
    (1, Quirk::HugeBlob),
    (3, Quirk::ReusedId),
];

impl Quirk {
    pub(super) fn random(random: &mut Random) -> Self {
        let mut place = random.below(1000);
        for (share, quirk) in SHARES {
            match place.checked_sub(share) {
                Some(rest) => place = rest,
                None => return quirk,
            }
        }
        Self::None
    }

    /// Whether both halves are there, can be read and belong to one file: conditions on the exchange can be judged.
    pub(super) fn is_plain(self) -> bool {
        matches!(self, Self::None | Self::Pretty | Self::Blob)
    }
}
