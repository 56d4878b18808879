//! The JSON API for reading: the OpenAPI document as a page, without any script.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use askama::Template;
use serde_json::Value;

use super::{
    error::{PageError, page},
    session::{Frame, Viewer},
};
use crate::api::openapi;

#[derive(Template)]
#[template(path = "docs.html")]
struct Page {
    frame: Frame,
    /// Operations by resource.
    resources: BTreeMap<String, Vec<Operation>>,
    shapes: Vec<Shape>,
}

struct Operation {
    method: String,
    path: String,
    summary: String,
    who: String,
    parameters: Vec<Field>,
    body: Option<String>,
    /// Status and shape of each answer.
    answers: Vec<(String, String)>,
}

/// A parameter or a field of a shape.
struct Field {
    name: String,
    kind: String,
    required: bool,
    about: String,
}

struct Shape {
    name: String,
    about: String,
    fields: Vec<Field>,
}

/// `GET /docs/api`; whoever is signed in.
pub(super) async fn show(viewer: Viewer) -> Result<HttpResponse, PageError> {
    let document = openapi::document();
    let template = Page { resources: resources(&document), shapes: shapes(&document), frame: viewer.frame };
    page(&template.frame, &template)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn resources(document: &Value) -> BTreeMap<String, Vec<Operation>> {
    let mut resources: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for (path, methods) in members(&document["paths"]) {
        for (method, operation) in members(methods) {
            let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| Field {
                name: text(&parameter["name"]),
                kind: kind(&parameter["schema"]),
                required: parameter["required"] == true,
                about: text(&parameter["description"]),
            });
            let answers = members(&operation["responses"]).map(|(status, answer)| {
                let shape = &answer["content"]["application/json"]["schema"];
                (status.clone(), if shape.is_null() { String::new() } else { kind(shape) })
            });
            resources.entry(text(&operation["tags"][0])).or_default().push(Operation {
                method: method.to_ascii_uppercase(),
                path: path.clone(),
                summary: text(&operation["summary"]),
                who: text(&operation["description"]),
                parameters: parameters.collect(),
                body: members(&operation["requestBody"]["content"]).next().map(|(media, content)| match kind(&content["schema"]) {
                    shape if shape.is_empty() => media.clone(),
                    shape => shape,
                }),
                answers: answers.filter(|(status, _)| status.starts_with('2')).collect(),
            });
        }
    }
    resources
}

fn shapes(document: &Value) -> Vec<Shape> {
    let shape = |(name, schema): (&String, &Value)| {
        let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fields = members(&schema["properties"]).map(|(name, schema)| Field {
            name: name.clone(),
            kind: kind(schema),
            required: required.contains(&name.as_str()),
            about: text(&schema["description"]),
        });
        Shape { name: name.clone(), about: text(&schema["description"]), fields: fields.collect() }
    };
    members(&document["components"]["schemas"]).map(shape).collect()
}

/// A schema in a word or two.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(inner) = schema["anyOf"].get(0) {
        return format!("{} | null", kind(inner));
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(text).collect::<Vec<_>>().join(" | ");
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("array"), _) => format!("[{}]", kind(&schema["items"])),
        (Some("string"), Some(format)) => format.to_owned(),
        (Some(kind), _) => kind.to_owned(),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_and_shape_of_the_document_is_shown() {
        let document = openapi::document();
        let n_operations: usize = resources(&document).values().map(Vec::len).sum();
        assert_eq!(n_operations, members(&document["paths"]).map(|(_, methods)| members(methods).count()).sum::<usize>());
        let logs = &resources(&document)["logs"];
        let list = logs.iter().find(|operation| operation.path == "/api/v1/logs").unwrap();
        assert_eq!((list.parameters.len(), &*list.answers[0].1), (4, "LogsPage"));
        assert!(shapes(&document).iter().any(|shape| shape.name == "Log" && shape.fields.len() > 15));
    }
}
