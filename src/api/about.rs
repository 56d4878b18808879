//! What this is, who asks, and the OpenAPI document.

use actix_web::{HttpResponse, web::Json};

use super::{
    guard::{Caller, Door},
    openapi,
    schema::shape,
};
use crate::domain::{BranchCode, Role, TokenScope};

shape! {
    /// What answers here.
    About {
        /// The program.
        name: String,
        /// Its version.
        version: String,
        /// Where the OpenAPI document is.
        openapi: String,
    }
    /// Whoever asks.
    Me {
        /// Sign-in name.
        name: String,
        /// What they may do.
        role: Role,
        /// Branches that a branch operator sees.
        branches: Vec<BranchCode>,
        /// What the token may be used for; every scope for a session.
        scopes: Vec<TokenScope>,
        /// For a session: what its changes show in the header `x-csrf-token`.
        csrf: Option<String>,
    }
}

/// `GET /api/v1`.
pub(super) async fn about() -> Json<About> {
    let text = str::to_owned;
    Json(About { name: text("LogHelper"), version: text(env!("CARGO_PKG_VERSION")), openapi: text("/api/openapi.json") })
}

/// `GET /api/v1/me`.
pub(super) async fn me(caller: Caller) -> Json<Me> {
    let (scopes, csrf) = match caller.door {
        Door::Session(session) => (TokenScope::ALL.to_vec(), Some(session.csrf)),
        Door::Token(token) => (token.scopes, None),
    };
    Json(Me { name: caller.user.name, role: caller.user.role, branches: caller.user.branches, scopes, csrf })
}

/// `GET /api/openapi.json`.
pub(super) async fn document() -> HttpResponse {
    HttpResponse::Ok().json(openapi::document())
}
