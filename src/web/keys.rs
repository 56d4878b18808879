//! The keyboard: which keys pages with lists know, those of unknown errors more. `static/keys.js` acts on them; without script everything
//! is done by Tab.

use super::session::Frame;

/// Keys, and the names of what they do.
const KEYS: [(&str, &str); 14] = [
    ("?", "keys.help"),
    ("/", "keys.search"),
    ("j k", "keys.move"),
    ("Enter", "keys.open"),
    ("x", "keys.select"),
    ("X", "keys.select_all"),
    ("a", "keys.assign"),
    ("m", "keys.me"),
    ("i", "keys.ignore"),
    ("s", "keys.status"),
    ("c", "keys.comment"),
    ("f", "keys.facets"),
    ("u", "keys.back"),
    ("Ctrl Enter", "keys.send"),
];

/// Keys that every page with a list knows.
const EVERYWHERE: [&str; 5] = ["?", "/", "j k", "Enter", "Ctrl Enter"];

impl Frame {
    /// The keys of the page with what they do.
    pub(super) fn keys(&self) -> Vec<(&'static str, String)> {
        let all = self.is_at("/errors");
        KEYS.iter().filter(|(keys, _)| all || EVERYWHERE.contains(keys)).map(|(keys, name)| (*keys, self.t(name))).collect()
    }
}
