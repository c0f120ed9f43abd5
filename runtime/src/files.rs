//! The door to uploaded bytes: a folder for each tenant, a file for each content, named by its hash. Knows
//! nothing of who may read them.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::who::TenantId;

/// The folder of uploaded bytes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// The files below this folder; it is made with the first file.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps these bytes; their hash. The same bytes of one tenant are kept once.
    ///
    /// # Errors
    /// What the operating system says; then nothing is left behind.
    pub async fn keep(&self, tenant: &TenantId, bytes: bytes::Bytes) -> io::Result<String> {
        let hash = hex::encode(Sha256::digest(&bytes));
        let path = self.path(tenant, &hash);
        let kept = tokio::task::spawn_blocking(move || write(&path, &bytes)).await;
        kept.map_err(io::Error::other)??;
        Ok(hash)
    }

    /// The bytes with this hash.
    ///
    /// # Errors
    /// When they are not there or not what the hash says.
    pub async fn read(&self, tenant: &TenantId, hash: &str) -> io::Result<Vec<u8>> {
        let bytes = tokio::fs::read(self.path(tenant, hash)).await?;
        if hex::encode(Sha256::digest(&bytes)) == hash {
            Ok(bytes)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "the stored bytes are damaged"))
        }
    }

    /// Two levels, so that no folder grows without bound.
    fn path(&self, tenant: &TenantId, hash: &str) -> PathBuf {
        let (head, rest) = hash.split_at_checked(2).unwrap_or(("", hash));
        self.folder.join(tenant.as_str()).join(head).join(rest)
    }
}

/// Writes beside the place and renames, so that a name never stands for half a file.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)?;
    let beside = folder.join(format!("{}.part", uuid::Uuid::now_v7()));
    let written = (|| {
        let mut file = std::fs::File::create_new(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    })();
    if written.is_err() {
        // It may not even have been made; there is nothing more to do about it.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// The kind of image these bytes are, by their first bytes.
#[must_use]
pub fn image_type(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        _ if bytes.starts_with(b"\xff\xd8\xff") => Some("image/jpeg"),
        _ if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") => Some("image/gif"),
        _ if is_webp => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_are_kept_once_and_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(folder.path().to_owned());
        let (acme, globex) = (TenantId::new(uuid::Uuid::now_v7()), TenantId::new(uuid::Uuid::now_v7()));
        let hash = files.keep(&acme, "hello".into()).await.unwrap();
        assert_eq!(files.keep(&acme, "hello".into()).await.unwrap(), hash);
        assert_eq!(files.read(&acme, &hash).await.unwrap(), b"hello");
        assert!(files.read(&globex, &hash).await.is_err(), "another tenant does not have it");
        std::fs::write(files.path(&acme, &hash), "hellO").unwrap();
        assert!(files.read(&acme, &hash).await.is_err());
    }

    #[test]
    fn images_are_known_by_what_they_are() {
        assert_eq!(image_type(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(image_type(b"RIFF....WEBPVP8 "), Some("image/webp"));
        assert_eq!(image_type(b"<svg xmlns='...'>"), None);
    }
}
