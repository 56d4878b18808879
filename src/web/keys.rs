//! The keyboard: which keys the pages of unknown errors know. `static/keys.js` acts on them; without script everything is done by Tab.

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

impl Frame {
    /// The keys with what they do.
    pub(super) fn keys(&self) -> Vec<(&'static str, String)> {
        KEYS.iter().map(|(keys, name)| (*keys, self.t(name))).collect()
    }
}
