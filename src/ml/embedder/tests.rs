//! A tiny model of random weights, whole, cut and foreign; the thread around it with models that fail.

use std::{collections::HashMap, fs, path::Path, time::Duration};

use candle_core::{Device, Tensor};

use super::{LocalEmbedder, SentenceModel};
use crate::{
    config::LlmConfig,
    suggest::{Embedder, Fault, ModelState, Priority},
};

const CONFIG: &str = include_str!("../../../tests/fixtures/embedder/config.json");
const TOKENIZER: &str = include_str!("../../../tests/fixtures/embedder/tokenizer.json");
const REFERENCE: &str = include_str!("../../../tests/fixtures/embedder/tiny.json");

/// The parts that `config.json` asks for.
fn shapes() -> Vec<(String, Vec<usize>)> {
    let (words, width, inner, places) = (40, 24, 48, 64);
    let mut shapes: Vec<(String, Vec<usize>)> = [("word", words), ("position", places), ("token_type", 2)]
        .map(|(kind, n)| (format!("embeddings.{kind}_embeddings.weight"), vec![n, width]))
        .into();
    let mut layer = |name: String, out: usize, of: Option<usize>| {
        shapes.push((format!("{name}.weight"), of.map_or(vec![out], |of| vec![out, of])));
        shapes.push((format!("{name}.bias"), vec![out]));
    };
    layer("embeddings.LayerNorm".into(), width, None);
    for n in 0..2 {
        let at = format!("encoder.layer.{n}");
        for part in ["query", "key", "value"] {
            layer(format!("{at}.attention.self.{part}"), width, Some(width));
        }
        layer(format!("{at}.attention.output.dense"), width, Some(width));
        layer(format!("{at}.attention.output.LayerNorm"), width, None);
        layer(format!("{at}.intermediate.dense"), inner, Some(width));
        layer(format!("{at}.output.dense"), width, Some(inner));
        layer(format!("{at}.output.LayerNorm"), width, None);
    }
    shapes
}

/// The weights of `reference.py`.
fn values(name: &str, n: usize) -> Vec<f32> {
    let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let shift = if name.ends_with("LayerNorm.weight") { 1.0 } else { 0.0 };
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((state >> 40) as f64 / f64::from(1 << 25)) - 0.25) as f32 + shift
    };
    (0..n).map(|_| next()).collect()
}

fn write(folder: &Path) {
    let tensors: HashMap<String, Tensor> = shapes()
        .into_iter()
        .map(|(name, shape)| {
            let values = values(&name, shape.iter().product());
            (name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap())
        })
        .collect();
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
    fs::write(folder.join("config.json"), CONFIG).unwrap();
    fs::write(folder.join("tokenizer.json"), TOKENIZER).unwrap();
}

fn reference() -> (Vec<String>, Vec<Vec<f32>>) {
    let reference: serde_json::Value = serde_json::from_str(REFERENCE).unwrap();
    let part = |name: &str| reference[name].clone();
    (serde_json::from_value(part("texts")).unwrap(), serde_json::from_value(part("vectors")).unwrap())
}

#[test]
fn a_multilingual_model_with_a_unigram_tokenizer_gives_the_reference_vectors() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let model = SentenceModel::load(folder.path()).unwrap();
    let (texts, expected) = reference();
    let all: Vec<&str> = texts.iter().map(String::as_str).collect();
    // In one batch, where short texts are padded, and one by one.
    let one_by_one: Vec<Vec<f32>> = all.iter().flat_map(|text| model.embed(&[text]).unwrap()).collect();
    for found in [model.embed(&all).unwrap(), one_by_one] {
        assert_eq!(found.len(), expected.len());
        for ((found, expected), text) in found.iter().zip(&expected).zip(&texts) {
            let difference = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(difference <= 1e-5, "{difference:e} at {text:.40?}");
        }
    }
}

#[test]
fn a_text_of_any_length_and_kind_has_a_vector() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let model = SentenceModel::load(folder.path()).unwrap();
    assert!(model.embed(&[]).unwrap().is_empty());
    let texts = ["x".repeat(1 << 20), "<s></s><mask>".into(), "\u{0}\u{202e}\u{1F600}".into(), "ї".repeat(8191), " \n".into()];
    for vector in model.embed(&texts.each_ref().map(String::as_str)).unwrap() {
        let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }
}

#[test]
fn files_that_are_missing_cut_or_foreign_are_named() {
    let cut = |name: &'static str| {
        move |folder: &Path| {
            let path = folder.join(name);
            let bytes = fs::read(&path).unwrap();
            fs::write(path, &bytes[..bytes.len() * 2 / 3]).unwrap();
        }
    };
    let config = |from: &'static str, to: &'static str| {
        move |folder: &Path| {
            assert!(CONFIG.contains(from));
            fs::write(folder.join("config.json"), CONFIG.replace(from, to)).unwrap();
        }
    };
    type Spoil = Box<dyn Fn(&Path)>;
    let cases: Vec<(&str, Spoil, &str)> = vec![
        ("no weights", Box::new(|folder| fs::remove_file(folder.join("model.safetensors")).unwrap()), "model.safetensors"),
        ("no folder", Box::new(|folder| fs::remove_dir_all(folder).unwrap()), "config.json"),
        ("cut weights", Box::new(cut("model.safetensors")), "model.safetensors"),
        ("cut tokenizer", Box::new(cut("tokenizer.json")), "tokenizer.json"),
        ("cut configuration", Box::new(cut("config.json")), "config.json"),
        ("a page instead", Box::new(|folder| fs::write(folder.join("model.safetensors"), "<!DOCTYPE html>").unwrap()), "model.safetensors"),
        ("another layout", Box::new(config("\"bert\"", "\"roberta\"")), "layout"),
        ("no heads", Box::new(config("\"num_attention_heads\": 4", "\"num_attention_heads\": 0")), "widths"),
        ("odd heads", Box::new(config("\"num_attention_heads\": 4", "\"num_attention_heads\": 5")), "widths"),
        ("more layers", Box::new(config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3")), "model.safetensors"),
        ("fewer words", Box::new(config("\"vocab_size\": 40", "\"vocab_size\": 39")), "more words"),
        ("wider", Box::new(config("\"hidden_size\": 24", "\"hidden_size\": 48")), "model.safetensors"),
    ];
    for (name, spoil, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        spoil(folder.path());
        let error = SentenceModel::load(folder.path()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[tokio::test]
async fn the_thread_loads_serves_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let config = LlmConfig { embedder: folder.path().display().to_string(), ..LlmConfig::default() };
    let embedder = LocalEmbedder::start(&config, Path::new("unused"));
    let (texts, expected) = reference();
    for priority in [Priority::Background, Priority::Analyst, Priority::Analyst] {
        let found = embedder.embed(texts.clone(), priority).await.unwrap();
        assert!((found[0][0] - expected[0][0]).abs() < 1e-5);
    }
    assert_eq!(embedder.state(), ModelState::Ready);
    assert_eq!(embedder.model().map(|id| id.len()), Some(16));

    let empty = tempfile::tempdir().unwrap();
    let embedder = LocalEmbedder::start(&LlmConfig::default(), empty.path());
    let absent = embedder.embed(vec!["text".into()], Priority::Analyst).await.unwrap_err();
    assert!(matches!(&absent, Fault::Absent(reason) if reason.contains("config.json")), "{absent}");
    let ModelState::Absent { remedy, .. } = embedder.state() else { panic!("it is absent") };
    assert!(remedy.contains("loghelper model pull"), "{remedy}");
}

#[tokio::test]
async fn a_model_that_panics_is_told_as_absent() {
    let embedder = LocalEmbedder::start_with(4, || Ok(("id".into(), Box::new(|texts: &[&str]| panic!("{} texts", texts.len())))));
    assert_eq!(embedder.embed(vec!["text".into()], Priority::Analyst).await, Err(Fault::Broken("1 texts".into())));
    while !matches!(embedder.state(), ModelState::Absent { .. }) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(matches!(embedder.embed(vec!["text".into()], Priority::Analyst).await, Err(Fault::Absent(_))));
    let embedder = LocalEmbedder::start_with(4, || panic!("while loading"));
    assert!(
        matches!(embedder.embed(vec!["text".into()], Priority::Analyst).await, Err(Fault::Absent(why)) if why.contains("while loading"))
    );
}
