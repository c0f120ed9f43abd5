//! Is the package sound.

mod checked;

pub use checked::Checked;
