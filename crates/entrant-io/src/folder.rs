//! The study folder: files are named relative to it and must lie inside it.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use entrant_data::InputError;
use entrant_data::error::nearest;

use crate::limits::human_bytes;

/// A folder that files are read from.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at `path`, with every link in it resolved.
    pub(crate) fn open(path: &Path) -> Result<Self, InputError> {
        let cannot = |cause: std::io::Error| {
            InputError::at("", format!("cannot open the folder: {}", reason(&cause)))
                .value(path.display().to_string())
        };
        let root = path.canonicalize().map_err(cannot)?;
        Ok(Folder { root })
    }

    /// The bytes of a file that the study names, at most `limit` of them. The mistake, if any,
    /// is at `key` of the study file.
    pub(crate) fn read(&self, name: &str, limit: u64, key: &str) -> Result<Vec<u8>, InputError> {
        let mistake = |message: String| InputError::at(key, message).value(name);
        let relative = inside(name).map_err(mistake)?;
        let path = self.real_path(&relative).map_err(|cause| {
            mistake(format!("cannot read `{name}`: {}", reason(&cause))).hint(self.similar(name))
        })?;
        if !path.starts_with(&self.root) {
            return Err(mistake(format!("`{name}` leads out of the study folder"))
                .hint("copy the file into the folder"));
        }
        read_capped(&path, limit).map_err(|cause| mistake(format!("cannot read `{name}`: {cause}")))
    }

    fn real_path(&self, relative: &Path) -> std::io::Result<PathBuf> {
        self.root.join(relative).canonicalize()
    }

    /// A hint that names the file of this folder that was probably meant.
    fn similar(&self, name: &str) -> String {
        let names = self.file_names();
        nearest(name, names.iter().map(String::as_str))
            .map(|near| format!("did you mean `{near}`?"))
            .unwrap_or_default()
    }

    fn file_names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|e| e.file_name().into_string().ok())
            .take(1000)
            .collect();
        names.sort();
        names
    }
}

/// A relative path that stays below where it starts, by its spelling alone.
fn inside(name: &str) -> Result<PathBuf, String> {
    if name.is_empty() {
        return Err("the file name is empty".into());
    }
    // Drive letters and backslashes mean something on Windows only; refuse them everywhere so
    // that a study is the same study everywhere.
    let odd = name.contains(['\\', ':', '\0']);
    let normal = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::CurDir);
    if odd || !Path::new(name).components().all(normal) {
        return Err(format!(
            "`{}` must be a path inside the study folder, with `/` between folders",
            name.escape_debug()
        ));
    }
    Ok(PathBuf::from(name))
}

/// All bytes of a regular file, or why not.
pub(crate) fn read_capped(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|e| reason(&e))?;
    let meta = file.metadata().map_err(|e| reason(&e))?;
    // A pipe or device could block or never end.
    if !meta.is_file() {
        return Err("it is not a regular file".into());
    }
    let too_large = || format!("it is larger than the limit of {}", human_bytes(limit));
    if meta.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| reason(&e))?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Why the operating system refused, in words that do not differ by platform where possible.
pub(crate) fn reason(cause: &std::io::Error) -> String {
    match cause.kind() {
        ErrorKind::NotFound => "no such file or folder".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::NotADirectory => "a part of its path is not a folder".into(),
        ErrorKind::StorageFull => "the disk is full".into(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only".into(),
        _ => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn only_plain_relative_paths_are_inside() {
        for fine in ["a.csv", "tables/a.csv", "./a.csv", "a b.csv"] {
            assert!(inside(fine).is_ok(), "{fine}");
        }
        for bad in [
            "",
            "/etc/passwd",
            "../a",
            "a/../../b",
            "C:\\a",
            "a\\b",
            "a\0b",
        ] {
            assert!(inside(bad).is_err(), "{bad:?}");
        }
    }
}
