//! Suggestions for unknown errors: what a model is asked, and what is made of what it says.
//!
//! [`Evidence`] is what the caller gathered; a [`Brief`] is that evidence masked, cut and labelled; a [`prompt`] is made of a brief and
//! of nothing else. A [`Backend`] is the seam between this room and whatever writes text: a model in this process, a server that speaks
//! the OpenAI protocol, or nothing at all. What it says is untrusted: it becomes a [`Draft`] to the letter or nothing, [`check`] marks
//! what the evidence does not bear out, and only `review` promotes a draft. Where no model is, [`retrieval`] puts a draft together from
//! the nearest answers; where nothing is near, there is no draft.

mod backend;
mod brief;
pub mod check;
mod clean;
mod cut;
pub mod distance;
mod draft;
mod embedder;
mod evidence;
#[cfg(test)]
pub mod fake;
mod figures;
mod mask;
mod preview;
pub mod prompt;
mod question;
mod reply;
pub mod retrieval;
mod source;

pub use backend::{AT, Backend, Drafting, Event, Fault, IN_PROCESS, ModelState, Priority, Prompt, Request, Usage};
pub use brief::{Brief, Part};
pub use clean::line as one_line;
pub use draft::{Draft, DraftVerdict};
pub use embedder::{Embedder, NoEmbedder};
pub use evidence::{Evidence, Exchange, Moment, Near, Rejected, Remedy, Spread};
pub use figures::Figures;
pub use mask::{Kind, Mask, Masked, Masker, WordsError};
pub use preview::Preview;
pub use prompt::{Language, Wish};
pub use question::Reply;
pub use reply::{MAX_REPLY, ReplyError};
pub use source::{Citable, Source};

#[cfg(test)]
mod tests;
