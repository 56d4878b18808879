//! The keyboard: which keys pages know, those with lists more. `static/keys.js` acts on them; without script everything
//! is done by Tab.

use super::session::Frame;

/// A key, the name of what it does, and the parts of the menu on whose pages it does that; none where every page knows it.
type Key = (&'static str, &'static str, &'static [&'static str]);

/// The keys.
const KEYS: [Key; 16] = [
    ("?", "keys.help", &[]),
    ("/ Ctrl k", "keys.search", &["/errors", "/known", "/logs", "/files"]),
    ("j k", "keys.move", &["/errors", "/known", "/logs", "/files"]),
    ("Enter", "keys.open", &["/errors", "/known", "/logs", "/files"]),
    ("x", "keys.select", &["/errors"]),
    ("X", "keys.select_all", &["/errors"]),
    ("a", "keys.assign", &["/errors"]),
    ("m", "keys.me", &["/errors"]),
    ("i", "keys.ignore", &["/errors"]),
    ("s", "keys.status", &["/errors"]),
    ("c", "keys.comment", &["/errors"]),
    ("f", "keys.facets", &["/errors"]),
    ("e", "keys.edit", &["/known"]),
    ("n", "keys.next", &["/errors"]),
    ("u", "keys.back", &["/errors", "/known", "/logs"]),
    ("Ctrl Enter", "keys.send", &[]),
];

impl Frame {
    /// The keys of the page with what they do.
    pub(super) fn keys(&self) -> Vec<(&'static str, String)> {
        let is_known = |parts: &[&str]| parts.is_empty() || parts.iter().any(|part| self.is_at(part));
        KEYS.iter().filter(|(_, _, parts)| is_known(parts)).map(|(keys, name, _)| (*keys, self.t(name))).collect()
    }
}
