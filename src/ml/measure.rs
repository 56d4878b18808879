//! What a model does on this machine: speed and memory, measured, and whether two devices agree.

use std::{path::Path, time::Instant};

use candle_core::Device;

use super::{
    Error, Gguf, Network, Piece, Shape, TextModel,
    alone::Alone,
    local::device,
    memory,
    need::{Held, Need, Terms},
};

/// Tokens of the prompt, and of the reply.
pub const TOKENS: (usize, usize) = (256, 64);

/// Figures of a model on this machine.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Speed {
    /// Where it ran.
    pub device: String,
    /// Threads of the processor.
    pub threads: usize,
    /// Bytes of the weights.
    pub weight_bytes: u64,
    /// Bytes that a token in the middle of the reply is made of: the weights, and keys and values of what stands before it. The bandwidth
    /// of the memory by this is the most tokens a second that one reply can have.
    pub bytes_a_token: u64,
    /// Time to load it, in seconds.
    pub load_s: f64,
    /// Tokens of a prompt read a second.
    pub prefill_tokens_per_s: f64,
    /// Tokens written a second.
    pub decode_tokens_per_s: f64,
    /// Memory of this process afterwards.
    pub resident_bytes: Option<u64>,
    /// Memory of the graphics processor that was taken, where it ran there.
    pub graphics_bytes: Option<u64>,
    /// What is reckoned for the model where it ran, with so many tokens and without its vocabulary, which is not loaded for this.
    pub reckoned_bytes: u64,
    /// Relative distance of the weights of the next token to those that the processor computes; where it ran elsewhere.
    pub distance_to_processor: Option<f32>,
}

/// Loads the model and measures it: a prompt and a reply to warm up, then the middle one of three.
///
/// # Errors
/// When it does not load or compute.
pub fn speed(file: &Path) -> Result<Speed, Error> {
    let (n_prompt, n_reply) = TOKENS;
    let device = device();
    let begun = Instant::now();
    let mut gguf = Gguf::open(file)?;
    let free_before = memory::free_on(&device);
    let bytes = |used: &dyn Fn(&str) -> bool| gguf.tensors().filter(|tensor| used(tensor.name)).filter_map(|tensor| tensor.bytes()).sum();
    let weight_bytes = bytes(&|_| true);
    // Where the head is another matrix, rows of the embedding are only looked up.
    let looked_up = |name: &str| name == "token_embd.weight" && gguf.has("output.weight");
    let multiplied: u64 = bytes(&|name| !looked_up(name));
    let reckoned_bytes = reckoned(&gguf, n_prompt + n_reply, &device)?;
    let mut network = Alone(Network::load(&mut gguf, n_prompt + n_reply, 1, &device)?);
    let load_s = begun.elapsed().as_secs_f64();
    let bytes_a_token = multiplied + network.0.shape().kv_bytes_per_token() * (n_prompt + n_reply / 2) as u64;
    let vocabulary = network.0.shape().vocabulary as u32;
    let prompt: Vec<u32> = (0..n_prompt as u32).map(|i| (i * 7 + 3) % vocabulary.min(50_000)).collect();
    let mut prefills = Vec::new();
    let mut decodes = Vec::new();
    let mut weights = Vec::new();
    for _ in 0..4 {
        network.truncate(0);
        let begun = Instant::now();
        for piece in prompt.chunks(super::writer::PIECE) {
            network.read(piece)?;
        }
        weights = network.weigh()?;
        prefills.push(n_prompt as f64 / begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        for token in prompt.iter().take(n_reply) {
            network.read(&[*token])?;
            network.weigh()?;
        }
        decodes.push(n_reply as f64 / begun.elapsed().as_secs_f64());
    }
    let resident_bytes = memory::resident();
    let taken = || free_before?.checked_sub(memory::free_on(&device)?);
    let graphics_bytes = if device.is_cpu() { None } else { taken() };
    let distance_to_processor = match device.is_cpu() {
        true => None,
        false => {
            let mut reference = Alone(Network::load(&mut gguf, n_prompt, 1, &Device::Cpu)?);
            reference.read(&prompt)?;
            Some(distance(&weights, &reference.weigh()?))
        }
    };
    Ok(Speed {
        device: if device.is_cpu() { "processor".to_owned() } else { "graphics processor".to_owned() },
        threads: candle_core::utils::get_num_threads(),
        weight_bytes,
        bytes_a_token,
        load_s,
        prefill_tokens_per_s: middle(prefills),
        decode_tokens_per_s: middle(decodes),
        resident_bytes,
        graphics_bytes,
        reckoned_bytes,
        distance_to_processor,
    })
}

/// What one text of so many tokens is reckoned to take, without the vocabulary.
fn reckoned(gguf: &Gguf, context: usize, device: &Device) -> Result<u64, Error> {
    let terms = Terms { held: Held::on(device), context, n_streams: 1 };
    let need = Need::of(&gguf.tensors().collect::<Vec<_>>(), &Shape::of(gguf)?, &terms);
    Ok(need.all().saturating_sub(if device.is_cpu() { need.beside } else { 0 }))
}

/// Tokens written a second, all together, by so many replies side by side, each with a prompt of its own: the middle one of three.
///
/// # Errors
/// When it does not load or compute.
pub fn streams(file: &Path, n_streams: usize) -> Result<f64, Error> {
    let (n_prompt, n_reply) = TOKENS;
    let mut network = Network::load(&mut Gguf::open(file)?, n_prompt + n_reply, n_streams, &device())?;
    let vocabulary = network.shape().vocabulary as u32;
    let streams: Vec<usize> = (0..n_streams).collect();
    for &stream in &streams {
        let prompt: Vec<u32> = (0..n_prompt as u32).map(|i| (i * 7 + stream as u32) % vocabulary.min(50_000)).collect();
        for tokens in prompt.chunks(super::writer::PIECE) {
            network.read(&[Piece { stream, tokens }])?;
        }
    }
    let mut speeds = Vec::new();
    for _ in 0..4 {
        streams.iter().for_each(|stream| network.truncate(*stream, n_prompt));
        let begun = Instant::now();
        for token in 0..n_reply as u32 {
            let tokens = [token % vocabulary];
            network.read(&streams.iter().map(|&stream| Piece { stream, tokens: &tokens }).collect::<Vec<_>>())?;
            network.weigh(&streams)?;
        }
        speeds.push((n_reply * n_streams) as f64 / begun.elapsed().as_secs_f64());
    }
    Ok(middle(speeds))
}

/// The middle one, without the first, which warms up.
fn middle(mut figures: Vec<f64>) -> f64 {
    let mut rest = figures.split_off(1.min(figures.len()));
    rest.sort_by(f64::total_cmp);
    rest.get(rest.len() / 2).copied().unwrap_or_default()
}

fn distance(found: &[f32], wanted: &[f32]) -> f32 {
    let difference: f32 = found.iter().zip(wanted).map(|(a, b)| (a - b).powi(2)).sum();
    (difference / wanted.iter().map(|b| b.powi(2)).sum::<f32>().max(f32::MIN_POSITIVE)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ml::random::Recipe;

    #[test]
    fn a_tiny_model_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tiny.gguf");
        Recipe::tiny("qwen3", 1).write(&file).unwrap();
        let speed = speed(&file).unwrap();
        assert!(speed.prefill_tokens_per_s > 0.0 && speed.decode_tokens_per_s > 0.0 && speed.weight_bytes > 1000);
        // Two layers of two heads of sixteen numbers, keys and values, four bytes each, of 288 tokens.
        assert_eq!(speed.bytes_a_token, speed.weight_bytes + 2 * 2 * 16 * 2 * 4 * 288);
        assert_eq!(middle(vec![100.0, 3.0, 1.0, 2.0]), 2.0);
    }
}
