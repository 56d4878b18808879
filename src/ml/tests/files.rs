//! Files that are cut, damaged, of an unknown kind, or lie about themselves: each is an error with a remedy, none is a panic.

use std::{collections::HashMap, fs, path::Path};

use candle_core::{
    Device,
    quantized::gguf_file::{Content, Value, write},
};

use super::{
    super::{Error, Gguf, Network, Shape, Vocabulary, random::Recipe},
    file,
};

fn load(path: &Path) -> Result<(), Error> {
    let mut gguf = Gguf::open(path)?;
    let network = Network::load(&mut gguf, 512, 1, &Device::Cpu)?;
    Vocabulary::of(&mut gguf, network.shape().vocabulary).map(drop)
}

/// The file written anew with another value in its head, or without one.
fn with(path: &Path, key: &str, value: Option<Value>) {
    rewritten(path, |head| match value {
        Some(value) => drop(head.insert(key.to_owned(), value)),
        None => drop(head.remove(key)),
    });
}

/// The file written anew with these values in its head.
pub(super) fn with_all(path: &Path, values: Vec<(&str, Value)>) {
    rewritten(path, |head| head.extend(values.into_iter().map(|(key, value)| (key.to_owned(), value))));
}

fn rewritten(path: &Path, change: impl FnOnce(&mut HashMap<String, Value>)) {
    let mut file = fs::File::open(path).unwrap();
    let mut content = Content::read(&mut file).unwrap();
    let names: Vec<String> = content.tensor_infos.keys().cloned().collect();
    let tensors: Vec<_> = names.iter().map(|name| content.tensor(&mut file, name, &Device::Cpu).unwrap()).collect();
    change(&mut content.metadata);
    let head: Vec<(&str, &Value)> = content.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<_> = names.iter().map(String::as_str).zip(&tensors).collect();
    write(&mut fs::File::create(path).unwrap(), &head, &tensors).unwrap();
}

#[test]
fn a_whole_file_of_each_kind_loads() {
    for architecture in ["qwen3", "qwen2", "llama"] {
        let (_folder, path) = file(&Recipe::tiny(architecture, 1));
        load(&path).unwrap();
    }
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let (_folder, path) = file(&Recipe::tiny("qwen3", 1));
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(997).chain([whole.len() - 64]) {
        fs::write(&path, &whole[..length]).unwrap();
        let error = load(&path).unwrap_err();
        assert!(matches!(error, Error::NotGguf { .. } | Error::Cut { .. }), "{length}: {error}");
        assert!(error.remedy().contains("pull"));
    }
}

#[test]
fn heads_that_are_wrong_are_named() {
    let cases: [(&str, Option<Value>, &str); 9] = [
        ("general.architecture", Some(Value::String("mamba".to_owned())), "`mamba`"),
        ("general.architecture", None, "without a name"),
        ("qwen3.block_count", Some(Value::U32(0)), "qwen3.block_count"),
        ("qwen3.block_count", Some(Value::U32(3)), "blk.2"),
        ("qwen3.attention.head_count_kv", Some(Value::U32(3)), "heads"),
        ("qwen3.embedding_length", Some(Value::U32(63)), "token_embd"),
        ("qwen3.rope.scaling.type", Some(Value::String("yarn".to_owned())), "yarn"),
        ("tokenizer.ggml.tokens", None, "tokenizer.json"),
        ("tokenizer.ggml.model", Some(Value::String("llama".to_owned())), "tokenizer"),
    ];
    for (key, value, wanted) in cases {
        let (_folder, path) = file(&Recipe::tiny("qwen3", 1));
        with(&path, key, value);
        let error = load(&path).unwrap_err();
        assert!(error.chain().contains(wanted), "{key}: {}", error.chain());
    }
}

#[test]
fn words_are_split_as_the_file_says_and_nothing_is_put_before_them() {
    for way in ["qwen2", "llama-bpe", "deepseek-r1-qwen"] {
        let (_folder, path) = file(&Recipe::tiny("qwen3", 1));
        with(&path, "tokenizer.ggml.pre", Some(Value::String(way.to_owned())));
        let mut gguf = Gguf::open(&path).unwrap();
        let vocabulary = Vocabulary::of(&mut gguf, 288).unwrap();
        let bytes: Vec<u8> = vocabulary.encode("error 17").unwrap().iter().flat_map(|token| vocabulary.bytes(*token).to_vec()).collect();
        assert_eq!((way, String::from_utf8(bytes).unwrap().as_str()), (way, "error 17"));
        assert_eq!(gguf.text("tokenizer.ggml.pre"), Some(way), "the head is as it was");
    }
}

#[test]
fn a_file_that_is_not_there_says_so() {
    let error = load(Path::new("/nowhere/model.gguf")).unwrap_err();
    assert!(error.chain().contains("/nowhere/model.gguf: No such file"), "{}", error.chain());
}

#[test]
fn a_tokenizer_beside_the_file_serves_where_the_head_has_none() {
    let recipe = Recipe::tiny("qwen3", 1);
    let (folder, path) = file(&recipe);
    let mut gguf = Gguf::open(&path).unwrap();
    let shape = Shape::of(&gguf).unwrap();
    let of_head = Vocabulary::of(&mut gguf, shape.vocabulary).unwrap();
    fs::write(folder.path().join("tokenizer.json"), of_head.to_json()).unwrap();
    with(&path, "tokenizer.ggml.tokens", None);
    let beside = Vocabulary::of(&mut Gguf::open(&path).unwrap(), shape.vocabulary).unwrap();
    for text in ["error: the order", "{\"a\":1}", "Помилка ї", "<|im_end|><think>", ""] {
        assert_eq!(beside.encode(text).unwrap(), of_head.encode(text).unwrap(), "{text}");
    }
    assert_eq!(beside.special("<|im_end|>"), of_head.special("<|im_end|>"));
    assert!((0..shape.vocabulary as u32).all(|token| beside.bytes(token) == of_head.bytes(token)));
}
