//! The OpenAPI 3.1 document, made from the list of addresses and the shapes that their handlers read and write.

use actix_web::http::Method;
use serde_json::{Map, Value, json};

use super::{
    ALL, Access, Address,
    error::Code,
    events,
    schema::{Definitions, Field, Schema, object, one_of},
};

/// The document.
pub(crate) fn document() -> Value {
    let mut definitions = Definitions::new();
    let mut paths = Map::new();
    for address in ALL.iter().filter(|address| address.path.starts_with("/api/v1")) {
        let operation = operation(address, &mut definitions);
        let path = paths.entry(address.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(address.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    definitions.insert("Failure", failure());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "LogHelper",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Logs of a bank's branches, the errors in them, and the knowledge base that answers them.",
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "A token that a signed-in person made; it has scopes." },
                "session": {
                    "type": "apiKey", "in": "cookie", "name": super::COOKIE,
                    "description": "A signed-in browser; changes show the session's `csrf` in the header `x-csrf-token`.",
                },
                "ingestion_key": { "type": "http", "scheme": "bearer", "description": "The key of a branch." },
            },
        },
    })
}

/// What every failure looks like.
fn failure() -> Value {
    let mut none = Definitions::new();
    let mut schema = object(
        "What went wrong.",
        &[
            Field::new::<Word>("code", "For programs; it never changes its meaning.", &mut none),
            Field::new::<String>("message", "For people.", &mut none),
            Field::new::<String>("request_id", "Finds the request in the server's log.", &mut none),
            Field::new::<Option<Value>>("details", "Where in the input the fault is.", &mut none),
        ],
    );
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), "Failure".into());
    }
    schema
}

/// The code of a failure.
struct Word;

impl Schema for Word {
    fn schema(_: &mut Definitions) -> Value {
        one_of(&Code::ALL.map(Code::as_str))
    }
}

/// Its name in clients that are generated: `post_errors_id_approve`.
fn operation_id(address: &Address) -> String {
    let path = address.path.trim_start_matches("/api/v1").replace(['/', '{', '}', '-'], "_");
    let words: Vec<&str> = path.split('_').filter(|word| !word.is_empty()).collect();
    format!("{}_{}", address.method.as_str().to_ascii_lowercase(), if words.is_empty() { "about".to_owned() } else { words.join("_") })
}

fn operation(address: &Address, definitions: &mut Definitions) -> Value {
    let resource = address.path.trim_start_matches("/api/v1").split('/').nth(1).unwrap_or("about");
    let mut operation = json!({
        "operationId": operation_id(address),
        "summary": address.summary,
        "tags": [resource],
        "security": security(address.access),
        "responses": responses(address, definitions),
    });
    let mut parameters = path_parameters(address.path);
    parameters.extend(address.query.map(|query| query_parameters(query(definitions), definitions)).unwrap_or_default());
    let Some(fields) = operation.as_object_mut() else { return operation };
    if let Some(who) = who(address.access) {
        fields.insert("description".to_owned(), who.into());
    }
    if !parameters.is_empty() {
        fields.insert("parameters".to_owned(), parameters.into());
    }
    if let Some(body) = address.body {
        let content = json!({ "application/json": { "schema": body(definitions) } });
        fields.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    if address.streams {
        fields.insert("requestBody".to_owned(), json!({ "required": true, "content": { "application/octet-stream": {} } }));
    }
    operation
}

/// Who may use it, in words.
fn who(access: Access) -> Option<String> {
    match access {
        Access::Person(role, scope) => {
            Some(format!("Needs at least the role `{}`; of a token the scope `{}`.", role.as_str(), scope.as_str()))
        }
        Access::Session(role) => Some(format!("Needs a signed-in person of at least the role `{}`; a token does not do.", role.as_str())),
        Access::IngestionKey => Some("Needs the ingestion key of the branch.".to_owned()),
        Access::Public | Access::Loopback => None,
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Public => json!([]),
        Access::IngestionKey => json!([{ "ingestion_key": [] }]),
        Access::Session(_) => json!([{ "session": [] }]),
        Access::Person(..) | Access::Loopback => json!([{ "token": [] }, { "session": [] }]),
    }
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } })).collect()
}

/// The fields of a shape as parameters; the shape itself is not part of the document.
fn query_parameters(reference: Value, definitions: &mut Definitions) -> Vec<Value> {
    let name = reference["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).unwrap_or_default();
    let shape = definitions.remove(name).unwrap_or_default();
    let required: Vec<&str> = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let about = schema.as_object_mut().and_then(|schema| schema.remove("description")).unwrap_or_default();
        // A parameter that is left out is not sent as null.
        let schema = schema["anyOf"].get(0).cloned().unwrap_or(schema);
        json!({ "name": name, "in": "query", "required": required.contains(&name.as_str()), "description": about, "schema": schema })
    };
    shape["properties"].as_object().into_iter().flatten().map(parameter).collect()
}

fn responses(address: &Address, definitions: &mut Definitions) -> Value {
    let mut responses = Map::new();
    let file = || address.files.iter().map(|kind| ((*kind).to_owned(), json!({}))).collect::<Map<_, _>>();
    let mut content = match address.answer {
        Some(answer) => Some(json!({ "application/json": { "schema": answer(definitions) } })),
        None => (!address.files.is_empty()).then(|| file().into()),
    };
    if let (Some(events), Some(content)) = (address.events, content.as_mut().and_then(Value::as_object_mut)) {
        content.insert(events::MEDIA_TYPE.to_owned(), json!({ "schema": { "type": "string", "description": events } }));
    }
    let done = |about: &str| match &content {
        Some(content) => json!({ "description": about, "content": content }),
        None => json!({ "description": about }),
    };
    responses.insert(address.status.to_string(), done("Done."));
    if address.streams {
        responses.insert("200".to_owned(), done("It was there already; nothing was done."));
    }
    for code in failures(address) {
        let failure = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Failure" } } });
        let about = format!("`{}`", code.as_str());
        let mut response = json!({ "description": about, "content": failure });
        if matches!(code, Code::TooManyRequests | Code::Unavailable)
            && let Some(response) = response.as_object_mut()
        {
            let header = json!({ "description": "Seconds after which to try again.", "schema": { "type": "integer" } });
            response.insert("headers".to_owned(), json!({ "Retry-After": header }));
        }
        responses.insert(code.status().as_str().to_owned(), response);
    }
    responses.into()
}

/// The failures that an address may answer with.
fn failures(address: &Address) -> Vec<Code> {
    let mut codes = vec![Code::Internal, Code::Unavailable];
    if address.access != Access::Public {
        codes.extend([Code::Unauthenticated, Code::Forbidden]);
    }
    if address.query.is_some() {
        codes.extend([Code::Malformed, Code::Invalid]);
    }
    if address.path.contains('{') {
        codes.push(Code::NotFound);
    }
    if address.body.is_some() {
        codes.extend([Code::Malformed, Code::TimedOut, Code::TooLarge, Code::UnsupportedMediaType, Code::Invalid]);
    }
    if address.streams {
        codes.extend([Code::TimedOut, Code::TooLarge, Code::TooManyRequests]);
    }
    if address.queues {
        codes.push(Code::TooManyRequests);
    }
    // What they are about is named by the body.
    if matches!(address.path, "/api/v1/ask" | "/api/v1/known-errors/preview") {
        codes.push(Code::NotFound);
    }
    if address.method != Method::GET {
        codes.push(Code::Conflict);
    }
    codes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_address_is_described_and_every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for part in text.split("#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap_or_default();
            assert!(document["components"]["schemas"][name].is_object(), "{name}");
        }
        let mut ids = BTreeSet::new();
        for address in ALL.iter().filter(|address| address.path.starts_with("/api/v1")) {
            let operation = &document["paths"][address.path][address.method.as_str().to_ascii_lowercase()];
            assert!(!address.summary.is_empty() && operation["summary"] == address.summary, "{}", address.path);
            let told =
                address.answer.is_some() || !address.files.is_empty() || address.status == 204 || address.access == Access::IngestionKey;
            assert!(told, "{} gives nothing", address.path);
            assert!(ids.insert(operation["operationId"].to_string()), "{}", address.path);
        }
        let told = &document["paths"]["/api/v1/ask"]["post"]["responses"]["200"]["content"];
        assert_eq!(told.as_object().unwrap().keys().collect::<Vec<_>>(), ["application/json", "text/event-stream"]);
    }
}
