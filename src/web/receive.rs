//! Receiving a form with files: its fields in memory, the files in the spool folder, both bounded in size and time.
//!
//! Whatever goes wrong, a file in the spool folder is removed when the value that stands for it is dropped.

use std::time::Instant;

use actix_multipart::{Field, Multipart};
use actix_web::{HttpRequest, http::header};
use futures_util::TryStreamExt;
use tempfile::NamedTempFile;

use super::{error::PageError, form, session::Viewer};
use crate::{
    api::{pace::Pace, spooling::Spooling},
    usecase::Services,
};

/// Bytes of the form beside the file.
const MAX_FIELDS: u64 = 64 << 10;
/// Bytes of one field.
const MAX_FIELD: usize = 4096;
/// Files of one form.
const MAX_FILES: usize = 50;

/// What was sent.
#[derive(Default)]
pub(super) struct Received {
    csrf: String,
    branch: String,
    new_branch: String,
    /// Names and bytes.
    pub(super) files: Vec<(String, NamedTempFile)>,
}

impl Received {
    /// The branch that was named, a new one before one of the list.
    pub(super) fn branch(&self) -> &str {
        if self.new_branch.trim().is_empty() { self.branch.trim() } else { self.new_branch.trim() }
    }
}

/// Reads the form; the fields `csrf` and `branch` come before the files.
pub(super) async fn receive(viewer: &Viewer, services: &Services, request: &HttpRequest, form: Multipart) -> Result<Received, PageError> {
    let limit = services.config.server.max_upload_bytes;
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit.saturating_add(MAX_FIELDS)) {
        return Err(PageError::TooLarge(viewer.frame.clone()));
    }
    let pace = Pace::new(form::patience(request));
    let received = Reader { viewer, services, form, pace, left: limit }.read().await?;
    viewer.check_csrf(&received.csrf)?;
    Ok(received)
}

struct Reader<'a> {
    viewer: &'a Viewer,
    services: &'a Services,
    form: Multipart,
    pace: Pace,
    /// Bytes that files may still have, all together.
    left: u64,
}

impl Reader<'_> {
    async fn read(mut self) -> Result<Received, PageError> {
        let mut received = Received::default();
        while let Some(mut field) = self.field().await? {
            match field.name().unwrap_or_default() {
                "file" if received.files.len() < MAX_FILES => {
                    // Nothing is written for whoever has not shown the session's token.
                    self.viewer.check_csrf(&received.csrf)?;
                    let file = self.file(&mut field).await?;
                    // A browser sends an empty one where none was chosen.
                    if !file.0.is_empty() {
                        received.files.push(file);
                    }
                }
                "csrf" => self.text(&mut field, &mut received.csrf).await?,
                "branch" => self.text(&mut field, &mut received.branch).await?,
                "new_branch" => self.text(&mut field, &mut received.new_branch).await?,
                _ => return Err(self.broken()),
            }
        }
        Ok(received)
    }

    async fn field(&mut self) -> Result<Option<Field>, PageError> {
        let deadline = self.pace.deadline(Instant::now());
        match tokio::time::timeout_at(deadline.into(), self.form.try_next()).await {
            Ok(field) => field.map_err(|_| self.broken()),
            Err(_) => Err(PageError::TimedOut(self.viewer.frame.clone())),
        }
    }

    async fn chunk(&mut self, field: &mut Field) -> Result<Option<actix_web::web::Bytes>, PageError> {
        let deadline = self.pace.deadline(Instant::now());
        let chunk = match tokio::time::timeout_at(deadline.into(), field.try_next()).await {
            Ok(chunk) => chunk.map_err(|_| self.broken())?,
            Err(_) => return Err(PageError::TimedOut(self.viewer.frame.clone())),
        };
        self.pace.received(chunk.as_ref().map_or(0, |chunk| chunk.len()));
        Ok(chunk)
    }

    async fn text(&mut self, field: &mut Field, to: &mut String) -> Result<(), PageError> {
        while let Some(chunk) = self.chunk(field).await? {
            if to.len() + chunk.len() > MAX_FIELD {
                return Err(self.broken());
            }
            to.push_str(&String::from_utf8_lossy(&chunk));
        }
        Ok(())
    }

    async fn file(&mut self, field: &mut Field) -> Result<(String, NamedTempFile), PageError> {
        let name = field.content_disposition().and_then(|disposition| disposition.get_filename()).unwrap_or_default();
        let name: String = name.rsplit(['/', '\\']).next().unwrap_or_default().chars().take(200).collect();
        let mut file = Spooling::new(self.services.spool_dir(), 0);
        while let Some(chunk) = self.chunk(field).await? {
            let left = self.left.checked_sub(chunk.len() as u64);
            self.left = left.ok_or_else(|| PageError::TooLarge(self.viewer.frame.clone()))?;
            file.add(&chunk).await.map_err(|error| PageError::failed(self.viewer.frame.clone(), error))?;
        }
        Ok((name, file.end_as_file().await.map_err(|error| PageError::failed(self.viewer.frame.clone(), error))?))
    }

    fn broken(&self) -> PageError {
        PageError::Invalid(self.viewer.frame.clone(), self.viewer.frame.t("upload.broken"))
    }
}
