//! The condition that a Log is as it was read, so that nobody overwrites what another process wrote in between.

use bson::{Document, RawBson, RawDocument, RawDocumentBuf, cstr, oid::ObjectId, rawdoc};

use super::marks::Mark;
use crate::{
    domain::Halves,
    store::{Error, Result},
};

/// Holds of the Log of this id while its halves and the verdict on it are those of the document that was read: an analyst may have explained
/// its group meanwhile.
pub(super) fn as_read(id: ObjectId, log: &RawDocument) -> RawDocumentBuf {
    let known = log.get_document("verdict").ok().and_then(|verdict| verdict.get_str("known_error_id").ok());
    let mut same = halves_as_read(id, log);
    same.append(cstr!("verdict.known_error_id"), known.map_or(RawBson::Null, |known| RawBson::String(known.to_owned())));
    same
}

/// Holds of the Log of this id while its halves are those of the document that was read, and it is on its way into the same Log or none.
pub(super) fn halves_as_read(id: ObjectId, log: &RawDocument) -> RawDocumentBuf {
    let print = |print: Option<i64>| print.map_or(RawBson::Null, RawBson::Int64);
    let Halves { request, response } = Halves::of(log);
    let into = Mark::of(log).map_or(RawBson::Null, |mark| RawBson::ObjectId(mark.into));
    rawdoc! { "_id": id, "halves.request": print(request), "halves.response": print(response), "meets.log": into }
}

/// The condition as the driver takes it.
pub(super) fn filter(id: ObjectId, condition: RawDocumentBuf) -> Result<Document> {
    Document::try_from(condition).map_err(|fault| Error::Corrupt { collection: "Log", id: id.to_string(), reason: fault.to_string() })
}
