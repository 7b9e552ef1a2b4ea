//! Why something could not be drawn. Owns the kinds of reasons; the words stand where the reason is found.

use crate::storage::StorageError;

/// Why something could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum DrawError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An array that cannot be drawn as asked: no plane, an index outside, complex, empty.
    #[error("{name}: {what}")]
    Array { name: String, what: String },
    /// A wish that has no meaning for any array.
    #[error("{0}")]
    Request(String),
}

impl DrawError {
    pub(super) fn array(name: &str, what: impl Into<String>) -> DrawError {
        DrawError::Array { name: name.to_string(), what: what.into() }
    }
}
