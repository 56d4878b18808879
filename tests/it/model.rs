//! `loghelper model`, as people and scripts use it.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use loghelper::ml::random::Recipe;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{loghelper, ndjson};

#[test]
fn the_list_names_models_their_needs_and_their_licence() {
    let folder = tempfile::tempdir().unwrap();
    let output = loghelper(folder.path()).args(["model", "list", "--json"]).output().unwrap();
    assert!(output.status.success());
    let models = ndjson(&String::from_utf8(output.stdout).unwrap());
    assert!(models.len() >= 7 && models.iter().all(|model| model["licence"] == "Apache-2.0" && model["pulled"] == false));
    assert!(models.iter().any(|model| model["name"] == "qwen3-1.7b-q8" && model["about_memory_bytes"].as_u64() > Some(1 << 30)));
    let parts = |model: &Value| {
        ["weights_bytes", "context_bytes", "work_bytes", "beside_bytes"].map(|part| model["memory"][part].as_u64().unwrap())
    };
    assert!(models.iter().filter(|model| model["role"] == "drafts").all(|model| {
        model["about_memory_bytes"].as_u64() == Some(parts(model).iter().sum()) && model["on_graphics_processor"] == false
    }));
    let files = models.iter().flat_map(|model| model["files"].as_array().unwrap());
    assert!(files.clone().count() >= 11 && files.clone().all(|file| file["sha256"].as_str().is_some_and(|digest| digest.len() == 64)));
}

#[test]
fn a_model_is_pulled_from_a_mirror_and_listed_as_pulled() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mirror = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nGGUFtest");
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let pull = |more: &[&str]| {
        let words = ["model", "pull", "qwen3-0.6b-q8", "--from", &mirror];
        let output = loghelper(folder.path()).args(words).args(more).output().unwrap();
        (output.status.code(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
    };
    let (code, said) = pull(&[]);
    assert!(code == Some(1) && said.contains("a file of 8 bytes, not the one of 639446688"), "{said}");
    let (code, said) = pull(&["--sha256", &"0".repeat(64)]);
    assert!(code == Some(1) && said.contains("it was thrown away"), "{said}");
    let own = Sha256::digest(b"GGUFtest").iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (code, said) = pull(&["--sha256", &own]);
    assert!(code == Some(0) && said.contains("as pinned"), "{said}");
    let (code, said) = pull(&["--sha256", &own]);
    assert!(code == Some(0) && said.contains("there already"), "{said}");
    let (code, said) = pull(&[]);
    assert!(code == Some(1) && said.contains("remove it to fetch another"), "{said}");
    assert_eq!(pull(&["--sha256", "xyz"]).0, Some(2));
    let output = loghelper(folder.path()).args(["model", "list", "--json"]).output().unwrap();
    let models = ndjson(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(models.iter().filter(|model| model["pulled"] == true).count(), 1);
}

#[test]
fn a_local_file_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiny.gguf");
    Recipe { context: 2048, ..Recipe::tiny("qwen3", 1) }.write(&file).unwrap();
    let output = loghelper(folder.path()).args(["model", "check", "--json", "--streams", "3"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report["speed"]["decode_tokens_per_s"].as_f64() > Some(0.0));
    assert!(report["side_by_side"]["tokens_per_s"].as_f64() > Some(0.0));
    assert_eq!(report["trials"].as_array().map(Vec::len), Some(3));
}

#[test]
fn what_is_reckoned_for_a_model_is_what_its_process_takes() {
    let folder = tempfile::tempdir().unwrap();
    let measured = |recipe: Recipe| {
        let file = folder.path().join("chance.gguf");
        recipe.write(&file).unwrap();
        let output = loghelper(folder.path()).args(["model", "check", "--json"]).arg(&file).output().unwrap();
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        ["resident_bytes", "reckoned_bytes"].map(|key| report["speed"][key].as_u64().unwrap() as f64 / 1e6)
    };
    let tiny = Recipe::tiny("qwen3", 1);
    // Of each the embedding is the largest: held once to be looked up and once more to be multiplied. Its context is too short for self-tests.
    let [base, base_reckoned] = measured(tiny.clone());
    let [taken, reckoned] = measured(Recipe { n_layers: 1, hidden: 512, wide: 512, vocabulary: 20_000, ..tiny });
    let (taken, reckoned) = (taken - base, reckoned - base_reckoned);
    assert!(reckoned > 80.0 && (0.7..1.2).contains(&(taken / reckoned)), "{taken} MB taken, {reckoned} MB reckoned");
}

#[test]
fn without_a_model_a_check_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (words, wanted) in [(vec!["model", "check"], "loghelper model pull"), (vec!["model", "pull", "gpt-9"], "loghelper model list")] {
        let output = loghelper(folder.path()).args(words).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(wanted), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
