//! Models in this process: the only room that knows candle. Each runs on a thread of its own behind a bounded queue.

pub mod embedder;
