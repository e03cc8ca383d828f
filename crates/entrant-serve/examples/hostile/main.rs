//! Writes a study whose every name attacks the page that shows it, for the test in a browser:
//! `cargo run -p entrant-serve --example hostile -- FOLDER`.

mod study;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: hostile FOLDER")?);
    std::fs::create_dir_all(&folder)?;
    for (name, text) in study::files() {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
