//! A GGUF file: its head, typed; its tensors, read one at a time. A file that is cut or that lies about its size is found out
//! before anything large is read.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use candle_core::{
    Device,
    quantized::{
        GgmlDType, QTensor,
        gguf_file::{Content, TensorInfo, Value},
    },
};

use super::error::Error;

/// A tensor, as a file says it is.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'f> {
    /// What it is called.
    pub name: &'f str,
    /// Kind of its numbers.
    pub kind: GgmlDType,
    /// Its form, outermost dimension first.
    pub dims: &'f [usize],
}

impl Stored<'_> {
    /// How many numbers it has; nothing where they cannot be counted.
    pub fn numbers(&self) -> Option<u64> {
        self.dims.iter().try_fold(1_u64, |product, dim| product.checked_mul(u64::try_from(*dim).ok()?))
    }

    /// How many bytes it has in the file; nothing where they cannot be counted.
    pub fn bytes(&self) -> Option<u64> {
        (self.numbers()? / self.kind.block_size() as u64).checked_mul(self.kind.type_size() as u64)
    }
}

/// An open file.
pub struct Gguf {
    /// What the head says.
    pub(super) content: Content,
    path: PathBuf,
    reader: BufReader<File>,
}

impl Gguf {
    /// Reads the head and checks that the file holds what it promises.
    ///
    /// # Errors
    /// When there is no such file, or it is no GGUF, or it is cut.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        let found = file.metadata().map_err(read)?.len();
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let content = Content::read(&mut reader).map_err(|error| Error::NotGguf { path: path.to_owned(), source: plain(error) })?;
        let mut wanted = content.tensor_data_offset;
        for (name, tensor) in &content.tensor_infos {
            let size = stored(name, tensor).bytes();
            let end = size.and_then(|size| content.tensor_data_offset.checked_add(tensor.offset)?.checked_add(size));
            wanted = wanted.max(end.ok_or_else(|| Error::Head(format!("tensor `{name}` has an impossible size")))?);
        }
        if wanted > found {
            return Err(Error::Cut { path: path.to_owned(), found, wanted });
        }
        Ok(Self { content, path: path.to_owned(), reader })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A text of the head.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.content.metadata.get(key)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number of the head.
    pub fn whole(&self, key: &str) -> Option<u64> {
        whole(self.content.metadata.get(key)?)
    }

    /// A yes or no of the head.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.content.metadata.get(key)?.to_bool().ok()
    }

    /// A number of the head.
    pub fn real(&self, key: &str) -> Option<f64> {
        match self.content.metadata.get(key)? {
            Value::F32(value) => Some(f64::from(*value)),
            Value::F64(value) => Some(*value),
            _ => None,
        }
    }

    /// A list of the head.
    pub fn list(&self, key: &str) -> Option<&[Value]> {
        match self.content.metadata.get(key)? {
            Value::Array(values) => Some(values),
            _ => None,
        }
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Form of a tensor, outermost dimension first.
    pub fn dims(&self, name: &str) -> Option<&[usize]> {
        Some(self.content.tensor_infos.get(name)?.shape.dims())
    }

    /// All tensors, in no order.
    pub fn tensors(&self) -> impl Iterator<Item = Stored<'_>> {
        self.content.tensor_infos.iter().map(|(name, tensor)| stored(name, tensor))
    }

    /// Reads a tensor.
    ///
    /// # Errors
    /// When there is none of this name or it cannot be read.
    pub fn tensor(&mut self, name: &str, device: &Device) -> Result<QTensor, Error> {
        if !self.has(name) {
            return Err(Error::Head(format!("there is no tensor `{name}`")));
        }
        Ok(self.content.tensor(&mut self.reader, name, device)?)
    }
}

/// A whole number that is not negative, of whatever width.
pub(super) fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::I8(value) => u64::try_from(*value).ok(),
        Value::I16(value) => u64::try_from(*value).ok(),
        Value::I32(value) => u64::try_from(*value).ok(),
        Value::I64(value) => u64::try_from(*value).ok(),
        value => value.to_u64().ok(),
    }
}

fn stored<'f>(name: &'f str, tensor: &'f TensorInfo) -> Stored<'f> {
    Stored { name, kind: tensor.ggml_dtype, dims: tensor.shape.dims() }
}

/// The error without the calls that led to it, which nobody wants to read on a page.
fn plain(error: candle_core::Error) -> candle_core::Error {
    match error {
        candle_core::Error::WithBacktrace { inner, .. } => *inner,
        plain => plain,
    }
}
