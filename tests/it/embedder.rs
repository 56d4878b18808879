//! The embedder against the weights of all-MiniLM-L6-v2, where a folder with them is named.

use std::path::Path;

use loghelper::ml::embedder::SentenceModel;

/// Made by `tests/fixtures/embedder/reference.py`.
const REFERENCE: &str = include_str!("../fixtures/embedder/minilm.json");

#[test]
fn vectors_are_those_of_transformers() {
    let Some(folder) = std::env::var_os("LOGHELPER_EMBEDDER") else {
        println!("skipped: LOGHELPER_EMBEDDER names no folder with the weights of all-MiniLM-L6-v2");
        return;
    };
    let model = SentenceModel::load(Path::new(&folder)).unwrap();
    let reference: serde_json::Value = serde_json::from_str(REFERENCE).unwrap();
    let texts: Vec<String> = serde_json::from_value(reference["texts"].clone()).unwrap();
    let expected: Vec<Vec<f32>> = serde_json::from_value(reference["vectors"].clone()).unwrap();
    let found = model.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let difference = |(found, expected): (&Vec<f32>, &Vec<f32>)| found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let most = found.iter().zip(&expected).map(difference).fold(0.0, f32::max);
    println!("largest difference {most:e}");
    assert_eq!((found.len(), found[0].len()), (expected.len(), 384));
    assert!(most <= 1e-5, "{most:e}");
}
