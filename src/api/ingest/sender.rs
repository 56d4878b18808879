//! By which key somebody sends, at every door: as a bearer, as a password beside the branch's code, or as the API key of Elasticsearch's clients.

use std::sync::Arc;

use actix_web::{HttpRequest, http::header};
use base64::{Engine, prelude::BASE64_STANDARD};
use bson::DateTime;

use super::admit::unavailable;
use crate::{
    api::error::{ApiError, Code},
    domain::IngestKey,
    usecase::Services,
};

/// A branch's code, where it is named, and its key.
#[derive(Debug, PartialEq, Eq)]
struct Credentials {
    branch: String,
    key: String,
}

/// The key that a request bears; `tenant` is the branch that it names beside it. Whether there is such a branch is nothing that another
/// branch's key tells.
pub(super) async fn key(request: &HttpRequest, services: &Services, tenant: Option<&str>) -> Result<Arc<IngestKey>, ApiError> {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(Credentials { branch, key }) = given.and_then(credentials) else {
        return Err(ApiError::new(Code::Unauthenticated, "an ingestion key is needed: as a bearer, or as password of the branch's code"));
    };
    let found = services.keys.open(services, &key, DateTime::now()).await.map_err(|error| unavailable(&error))?;
    let key = found.ok_or_else(|| ApiError::new(Code::Unauthenticated, "the ingestion key is not known, or was revoked"))?;
    let named = [branch.as_str(), tenant.unwrap_or_default()];
    if named.iter().any(|named| !named.is_empty() && *named != key.branch.as_str()) {
        return Err(ApiError::new(Code::Forbidden, "the ingestion key is that of another branch"));
    }
    Ok(key)
}

fn credentials(header: &str) -> Option<Credentials> {
    let (scheme, given) = header.split_once(' ')?;
    let given = given.trim();
    let plain = || Some(Credentials { branch: String::new(), key: given.to_owned() });
    let coded = || {
        let text = String::from_utf8(BASE64_STANDARD.decode(given).ok()?).ok()?;
        let (branch, key) = text.split_once(':')?;
        Some(Credentials { branch: branch.to_owned(), key: key.to_owned() })
    };
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => plain(),
        "basic" => coded(),
        "apikey" => coded().or_else(plain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_the_ways_of_all_clients() {
        let of = |branch: &str| Some(Credentials { branch: branch.to_owned(), key: "lhk_1".to_owned() });
        let coded = |scheme: &str, text: &str| format!("{scheme} {}", BASE64_STANDARD.encode(text));
        for (header, expected) in [
            ("Bearer lhk_1".to_owned(), of("")),
            ("bearer  lhk_1 ".to_owned(), of("")),
            (coded("Basic", "K01:lhk_1"), of("K01")),
            (coded("basic", ":lhk_1"), of("")),
            (coded("ApiKey", "K01:lhk_1"), of("K01")),
            ("ApiKey lhk_1".to_owned(), of("")),
            (coded("Basic", "lhk_1"), None),
            ("Basic lhk_1".to_owned(), None),
            ("Digest lhk_1".to_owned(), None),
            ("lhk_1".to_owned(), None),
        ] {
            assert_eq!(credentials(&header), expected, "{header}");
        }
    }
}
