//! From the bytes as received to a window of UTF-8 text whose every byte knows its place in the (decompressed) file.

mod charset;
mod compression;
mod window;

pub(super) use charset::{Charset, reads_as_utf8};
pub(super) use compression::Input;
pub(super) use window::Window;
