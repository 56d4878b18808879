//! The models that are known to serve: where they are had, what they need, which suits this machine. Any other GGUF file may be named
//! by its path.

use std::path::{Path, PathBuf};

use super::{
    error::Error,
    local::Site,
    need::{Need, Terms},
    pins::{self, Part, Source},
    random::{Mix, Recipe},
};

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It writes drafts.
    Drafts,
    /// It compares meanings.
    Meaning,
}

/// A known model.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is called here.
    pub name: &'static str,
    /// What it is for.
    pub role: Role,
    /// Folder it is pulled from.
    pub address: &'static str,
    /// Files of that folder, the weights first.
    pub files: &'static [Part],
    /// Its form, for what it needs; nothing where that is small.
    pub recipe: Option<Recipe>,
    /// What a person should know.
    pub note: &'static str,
}

/// All of them, smallest first. All under Apache-2.0.
pub fn entries() -> Vec<Entry> {
    let entry = |name, role, (address, files): Source, recipe, note| Entry { name, role, address, files, recipe, note };
    let drafts = |name, source, recipe, note| entry(name, Role::Drafts, source, Some(recipe), note);
    let meaning = |name, source, note| entry(name, Role::Meaning, source, None, note);
    vec![
        drafts("qwen3-0.6b-q4", pins::QWEN3_0_6B_Q4, Recipe::qwen3_0_6b(Mix::Q4), "smallest; for trying out"),
        drafts("qwen3-0.6b-q8", pins::QWEN3_0_6B_Q8, Recipe::qwen3_0_6b(Mix::Q8), "small, of better numbers"),
        drafts("qwen3-1.7b-q4", pins::QWEN3_1_7B_Q4, Recipe::qwen3_1_7b(Mix::Q4), "for a processor"),
        drafts("qwen3-1.7b-q8", pins::QWEN3_1_7B_Q8, Recipe::qwen3_1_7b(Mix::Q8), "for a processor, of better numbers"),
        drafts(
            "qwen3-4b-instruct-q4",
            pins::QWEN3_4B_INSTRUCT_Q4,
            Recipe::qwen3_4b(Mix::Q4),
            "for a graphics processor, or much memory and patience",
        ),
        meaning("all-MiniLM-L6-v2", pins::MINILM_ENGLISH, "English"),
        meaning("paraphrase-multilingual-MiniLM-L12-v2", pins::MINILM_MULTILINGUAL, "50 languages, Ukrainian among them"),
    ]
}

impl Entry {
    /// The folder of its files in the data folder.
    pub fn folder(&self, data_dir: &Path) -> PathBuf {
        data_dir.join("models").join(self.name)
    }

    /// Where its weights are once they were pulled.
    pub fn weights(&self, data_dir: &Path) -> PathBuf {
        self.folder(data_dir).join(self.files.first().map_or("", |file| file.name))
    }

    /// How many bytes its files have.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// What it needs of memory there, for one reply of so many tokens; nothing where that is small.
    pub fn need(&self, site: &Site, context: usize) -> Option<Need> {
        Some(self.recipe.as_ref()?.need(&Terms { held: site.held, context, n_streams: 1 }))
    }
}

/// The largest model for drafts that leaves half of the memory free, which is what the product can carry beside its own work; or, on a
/// graphics processor, a tenth.
pub fn recommended(site: &Site, context: usize) -> Option<Entry> {
    let free = site.free?;
    let to_be_had = if site.has_gpu() { free / 10 * 9 } else { free / 2 };
    let fits = |entry: &Entry| entry.role == Role::Drafts && entry.need(site, context).is_some_and(|need| need.all() <= to_be_had);
    // Without a graphics processor, models of more than two milliards of weights keep an analyst waiting for minutes.
    let quick = |entry: &Entry| site.has_gpu() || entry.recipe.as_ref().is_some_and(|recipe| recipe.n_weights() < 2_500_000_000);
    entries().into_iter().filter(|entry| fits(entry) && quick(entry)).max_by_key(|entry| entry.recipe.as_ref().map(Recipe::n_weights))
}

/// The file of a model: a path, a name of the list, or, where nothing is said, the best that was pulled for where it is to run.
///
/// # Errors
/// When there is no such file.
pub fn locate(model: &str, data_dir: &Path, context: usize, site: impl FnOnce() -> Site) -> Result<PathBuf, Error> {
    let model = model.trim();
    if !model.is_empty() {
        let named = entries().into_iter().find(|entry| entry.role == Role::Drafts && entry.name == model);
        let file = named.map_or_else(|| PathBuf::from(model), |entry| entry.weights(data_dir));
        return if file.is_file() { Ok(file) } else { Err(Error::NoFile(file.display().to_string())) };
    }
    let site = site();
    let best = recommended(&Site { free: site.free.or(Some(u64::MAX)), ..site }, context).map(|entry| entry.name);
    let mut pulled: Vec<Entry> =
        entries().into_iter().filter(|entry| entry.role == Role::Drafts && entry.weights(data_dir).is_file()).collect();
    pulled.sort_by_key(|entry| (Some(entry.name) != best, entry.need(&site, context).map(|need| need.all()) > site.free));
    let first = pulled.first().map(|entry| entry.weights(data_dir));
    first.ok_or_else(|| Error::NoFile(format!("none was pulled to {}", data_dir.join("models").display())))
}

#[cfg(test)]
mod tests {
    use super::{super::need::Held, *};

    #[test]
    fn names_are_unique_and_addresses_whole() {
        let names: std::collections::HashSet<&str> = entries().iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), entries().len());
        for entry in entries() {
            assert!(entry.address.starts_with("https://") && !entry.address.ends_with('/') && !entry.files.is_empty());
        }
    }

    /// With what a processor of today has.
    const PROCESSOR: Site = Site { held: Held::Processor { packs: true, repeats: true }, free: Some(64 << 30) };

    #[test]
    fn a_larger_machine_is_given_a_larger_model() {
        let name = |site: Site, free: u64| recommended(&Site { free: Some(free), ..site }, 4096).map(|entry| entry.name);
        assert_eq!(name(PROCESSOR, 1 << 30), None);
        assert_eq!(name(PROCESSOR, 4 << 30), Some("qwen3-0.6b-q4"));
        assert_eq!(name(PROCESSOR, 6 << 30), Some("qwen3-1.7b-q4"));
        assert_eq!(name(PROCESSOR, 16 << 30), Some("qwen3-1.7b-q8"));
        assert_eq!(name(PROCESSOR, 64 << 30), Some("qwen3-1.7b-q8"));
        // A graphics processor is asked for its own memory, of which nobody else wants half.
        let graphics = Site { held: Held::Graphics, free: None };
        assert_eq!(name(graphics, 1 << 30), None);
        assert_eq!(name(graphics, 8 << 30), Some("qwen3-4b-instruct-q4"));
        assert!(recommended(&graphics, 4096).is_none(), "nobody knows what is free");
    }

    #[test]
    fn a_longer_context_needs_more() {
        let need = |context| entries()[0].need(&PROCESSOR, context).unwrap();
        let (short, long) = (need(2048), need(4096));
        assert_eq!((short.weights, 2 * short.context), (long.weights, long.context));
        // 28 layers, 8 heads of 128 numbers, keys and values, 4 bytes each; and those of one layer once more.
        assert_eq!(long.context, (28 + 1) * 8 * 128 * 2 * 4 * 4096);
    }

    #[test]
    fn the_best_pulled_model_is_taken_where_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let found = |name: &str, free: u64| locate(name, folder.path(), 4096, || Site { free: Some(free), ..PROCESSOR });
        assert!(matches!(found("", 64 << 30), Err(Error::NoFile(_))));
        let pull = |name: &str| {
            let entry = entries().into_iter().find(|entry| entry.name == name).unwrap();
            std::fs::create_dir_all(entry.folder(folder.path())).unwrap();
            std::fs::write(entry.weights(folder.path()), "x").unwrap();
            entry.weights(folder.path())
        };
        let small = pull("qwen3-0.6b-q4");
        assert_eq!(found("", 64 << 30).unwrap(), small);
        let better = pull("qwen3-1.7b-q8");
        assert_eq!(found("", 64 << 30).unwrap(), better);
        assert_eq!(found("", 3 << 30).unwrap(), small, "what does not fit comes last");
        assert_eq!(found("qwen3-0.6b-q4", 0).unwrap(), small);
        assert_eq!(found(small.to_str().unwrap(), 0).unwrap(), small);
        assert!(matches!(found("qwen3-1.7b-q4", 0), Err(Error::NoFile(_))));
    }
}
