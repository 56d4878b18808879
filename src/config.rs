//! The configuration: defaults < file (`loghelper.toml` in the data folder, or `--config`) < `LOGHELPER_…` environment < flags.
//!
//! A variable names its place with two underscores: `LOGHELPER_SERVER__LISTEN=0.0.0.0:8080`. Unknown keys are refused by name.

mod files;
mod listeners;
mod notify;

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

pub use files::{ArchiveConfig, RawConfig};
pub use listeners::{ListenerConfig, ListenerProtocol};
pub use notify::{NotifyConfig, SmtpConfig, SmtpTls};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de::Error};

use crate::{
    detect,
    parse::{CustomFormat, Limits},
};

/// Everything that can be configured.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The server.
    pub server: ServerConfig,
    /// The store.
    pub store: StoreConfig,
    /// Files of this program.
    pub data: DataConfig,
    /// Reading of files.
    pub parse: ParseConfig,
    /// Where errors stand in responses.
    pub detect: detect::Rules,
    /// Sessions of people.
    pub session: SessionConfig,
    /// What branches send.
    pub ingest: IngestConfig,
    /// Addresses for syslog and GELF.
    pub listeners: Vec<ListenerConfig>,
    /// Suggestions of a language model.
    pub llm: LlmConfig,
    /// Messages to branches.
    pub notify: NotifyConfig,
    /// Review of the knowledge base.
    pub review: ReviewConfig,
    /// Archives of several files.
    pub archive: ArchiveConfig,
    /// Files kept as they came.
    pub raw: RawConfig,
}

/// The server.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port.
    pub listen: SocketAddr,
    /// Browsers reach it by https: cookies are then marked secure.
    pub https: bool,
    /// Largest upload, in bytes.
    pub max_upload_bytes: u64,
    /// How long a client may keep silent in the middle of a form, a file or a post, and take for the head of a request, in seconds.
    pub patience_seconds: u64,
    /// Proxies whose `X-Forwarded-For` is believed; a list, or one text parted by commas. Nobody where empty.
    #[serde(deserialize_with = "addresses")]
    pub trusted_proxies: Vec<IpAddr>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            https: false,
            max_upload_bytes: 8 << 30,
            patience_seconds: 30,
            trusted_proxies: Vec::new(),
        }
    }
}

/// Environment variables hold no lists: there the addresses stand in one text.
fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Addresses {
        List(Vec<String>),
        Text(String),
    }
    let words = match Addresses::deserialize(deserializer)? {
        Addresses::List(words) => words,
        Addresses::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    let words = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
    words.map(|word| word.parse().map_err(|_| D::Error::custom(format!("`{word}` is no IP address")))).collect()
}

/// The store.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite:PATH` or `mongodb://…`; the database in the data folder where blank. Typed as a secret: it may hold a password.
    pub url: SecretString,
    /// How long an unreachable store is tried again, in seconds.
    pub retry_seconds: u64,
    /// Logs written at once.
    pub batch: usize,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { url: SecretString::default(), retry_seconds: 30, batch: 1000 }
    }
}

/// Files of this program.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Its folder.
    pub dir: PathBuf,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self { dir: PathBuf::from("data") }
    }
}

/// Reading of files.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ParseConfig {
    /// Bounds.
    pub limits: Limits,
    /// User-defined formats.
    pub formats: Vec<CustomFormat>,
}

/// Sessions of people.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// How long one lasts.
    pub hours: u32,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { hours: 12 }
    }
}

/// What branches send.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IngestConfig {
    /// Requests under way at once; those beyond are told to come again.
    pub max_requests: usize,
    /// Requests of one branch under way at once.
    pub max_requests_per_branch: usize,
    /// Bytes that one branch may send in a minute, each body as it comes or unpacked, whichever is more; 0 for no bound.
    pub branch_bytes_per_minute: u64,
    /// A branch that sent nothing for so many hours is marked as silent.
    pub silent_hours: u32,
    /// What a server counted of posts and wrote nothing to for so many seconds, nor closed, is counted anew by another: it died.
    pub left_behind_seconds: u32,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self { max_requests: 1024, max_requests_per_branch: 128, branch_bytes_per_minute: 0, silent_hours: 24, left_behind_seconds: 600 }
    }
}

/// Review of the knowledge base.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReviewConfig {
    /// What one person wrote comes into force when another one approves it.
    pub four_eyes: bool,
}

/// Suggestions of a language model.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LlmConfig {
    /// Where drafts come from.
    pub backend: LlmBackend,
    /// GGUF file, or the name of a pulled model; the model recommended for this machine, if it was pulled, where blank.
    pub model: String,
    /// Folder of the embedding model (`model.safetensors`, `tokenizer.json`, `config.json`); one that was pulled where blank.
    pub embedder: String,
    /// Threads of the model; where 0, what leaves a quarter of the processors, one at least, so that pages stay quick.
    pub threads: usize,
    /// Whether everything else in this program keeps off the model's processors while it writes (Linux).
    pub apart: bool,
    /// Tokens of prompt and reply together.
    pub context: usize,
    /// Tokens of a reply at most. The longest draft that may be written has some 800 in Ukrainian, and one that is cut is none.
    pub max_tokens: u32,
    /// Requests that may wait.
    pub queue: usize,
    /// Replies that the model writes side by side, where memory holds so many; as many as pay where 0. Of a server, requests on the way at once.
    pub streams: usize,
    /// Seconds from the turn of a request, when the model begins to read, to the last token.
    pub deadline_seconds: u64,
    /// Drafts made ahead in the background, a day; 0 for none.
    pub drafts_per_day: u32,
    /// Language of the drafts made ahead; who asks for one gets it in their own.
    pub language: DraftLanguage,
    /// Where the server of the `http` backend is: `http://127.0.0.1:11434/v1`.
    pub url: String,
    /// Its key.
    pub key: SecretString,
    /// File with the certificates (PEM) of the authority that signs the server's; then no other authority is believed.
    pub ca_file: Option<PathBuf>,
    /// Names of people and other words that no prompt may hold, beside what is found by its form.
    pub masked_words: Vec<String>,
}

impl Default for LlmConfig {
    fn default() -> Self {
        Self {
            backend: LlmBackend::Local,
            model: String::new(),
            embedder: String::new(),
            threads: 0,
            apart: true,
            context: 4096,
            max_tokens: 1024,
            queue: 16,
            streams: 0,
            deadline_seconds: 180,
            drafts_per_day: 200,
            language: DraftLanguage::En,
            url: String::new(),
            key: SecretString::default(),
            ca_file: None,
            masked_words: Vec::new(),
        }
    }
}

/// Where drafts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LlmBackend {
    /// A GGUF model in this process.
    Local,
    /// A server that speaks the OpenAI protocol: what is asked leaves this process.
    Http,
    /// The nearest answers of the knowledge base alone.
    None,
}

/// A language in which drafts are made ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftLanguage {
    /// English.
    En,
    /// Ukrainian.
    Uk,
}

impl DraftLanguage {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Uk => "uk",
        }
    }
}

/// What was said on the command line.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--store`.
    pub store: Option<String>,
}

impl Flags {
    /// The file that is read where it is there.
    pub fn file_path(&self) -> PathBuf {
        let named = self.data_dir.clone().or_else(|| std::env::var_os("LOGHELPER_DATA_DIR").map(PathBuf::from));
        let folder = named.filter(|dir| !dir.as_os_str().is_empty()).unwrap_or_else(|| DataConfig::default().dir);
        self.file.clone().unwrap_or_else(|| folder.join("loghelper.toml"))
    }
}

impl Config {
    /// Reads all layers.
    ///
    /// # Errors
    /// When a file cannot be read or a key is unknown or of the wrong type; the message names it.
    pub fn load(flags: &Flags) -> Result<Self, config::ConfigError> {
        let by_flag = |name: &str, value: Option<String>| value.or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty());
        let data_dir = by_flag("LOGHELPER_DATA_DIR", flags.data_dir.as_ref().map(|dir| dir.display().to_string()));
        let store = by_flag("LOGHELPER_STORE", flags.store.clone());
        let mut builder = config::Config::builder();
        builder = builder.add_source(config::File::from(flags.file_path()).format(config::FileFormat::Toml).required(flags.file.is_some()));
        for (name, value) in std::env::vars() {
            let Some(key) = name.strip_prefix("LOGHELPER_").filter(|key| key.contains("__")) else { continue };
            builder = builder.set_override(key.to_ascii_lowercase().replace("__", "."), value)?;
        }
        if let Some(store) = store {
            builder = builder.set_override("store.url", store)?;
        }
        if let Some(dir) = data_dir {
            builder = builder.set_override("data.dir", dir)?;
        }
        builder.build()?.try_deserialize()
    }

    /// The store's URL, the database in the data folder where none is configured.
    pub fn store_url(&self) -> String {
        match self.store.url.expose_secret() {
            "" => format!("sqlite:{}", self.data.dir.join("loghelper.db").display()),
            url => url.to_owned(),
        }
    }

    /// Defaults with the data in this folder.
    pub fn in_dir(dir: &Path) -> Self {
        Self { data: DataConfig { dir: dir.to_owned() }, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, config::ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("c.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(&Flags { file: Some(file), data_dir: Some(dir.path().to_owned()), store: None })
    }

    #[test]
    fn a_file_changes_what_it_names() {
        let config = load(
            "[parse.limits]\nmax_depth = 10\n[[parse.formats]]\nname = \"mine\"\nregex = \"(?<message>.*)\"\n[detect]\nok = [\"FINE\"]\n",
        )
        .unwrap();
        assert_eq!((config.parse.limits.max_depth, config.parse.formats.len(), config.session.hours), (10, 1, 12));
        assert_eq!(config.detect.settings().ok, ["FINE"]);
        assert!(config.store_url().starts_with("sqlite:"));
    }

    #[test]
    fn what_is_misspelt_is_named() {
        for (text, expected) in [
            ("[server]\nlisten_on = 5", "listen_on"),
            ("[store]\nbatch = \"x\"", "batch"),
            ("[[parse.formats]]\nname=\"m\"\nregex=\"(\"", "m"),
        ] {
            assert!(load(text).unwrap_err().to_string().contains(expected), "{text}");
        }
    }

    #[test]
    fn trusted_proxies_are_a_list_or_a_text_and_nobody_by_default() {
        let proxies = |text: &str| load(text).map(|config| config.server.trusted_proxies.len());
        assert_eq!(proxies("").unwrap(), 0);
        assert_eq!(proxies("[server]\ntrusted_proxies = [\"10.0.0.1\", \"::1\"]").unwrap(), 2);
        assert_eq!(proxies("[server]\ntrusted_proxies = \"10.0.0.1, ::1\"").unwrap(), 2);
        assert!(proxies("[server]\ntrusted_proxies = \"proxy.bank\"").unwrap_err().to_string().contains("proxy.bank"));
    }

    #[test]
    fn messages_are_secret_by_default_and_go_where_it_is_said() {
        let config =
            load("[notify]\nwebhook_hosts = \"Hooks.bank.ua, .other.ua\"\n[notify.smtp]\nhost = \"m\"\npassword = \"p4ss\"").unwrap();
        assert_eq!(
            (config.notify.smtp.tls, config.notify.webhook_hosts),
            (SmtpTls::Implicit, vec!["hooks.bank.ua".to_owned(), ".other.ua".to_owned()])
        );
        assert!(!format!("{:?}", config.notify.smtp).contains("p4ss"));
        assert!(load("[notify.smtp]\ntls = \"maybe\"").unwrap_err().to_string().contains("tls"));
    }

    #[test]
    fn the_url_is_not_printed() {
        let config =
            Config { store: StoreConfig { url: "mongodb://u:p4ss@h".to_owned().into(), ..StoreConfig::default() }, ..Config::default() };
        assert!(!format!("{config:?}").contains("p4ss"));
    }
}
