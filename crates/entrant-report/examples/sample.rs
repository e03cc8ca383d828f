//! Writes reports of made-up results to look at, and to test in a browser:
//! `cargo run -p entrant-report --example sample -- FOLDER`.

#[path = "../tests/fixture/mod.rs"]
mod fixture;
#[path = "../tests/hostile/mod.rs"]
mod hostile;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).unwrap_or("out".into());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let hostile = hostile::with_hostile_names(hostile::PAYLOADS);
    let all = [
        ("sample", fixture::results()),
        ("several", fixture::several()),
        ("empty", fixture::empty()),
        ("hostile", hostile),
    ];
    for (name, results) in &all {
        std::fs::write(
            folder.join(format!("{name}.html")),
            entrant_report::page(results)?,
        )?;
        std::fs::write(
            folder.join(format!("{name}.txt")),
            entrant_report::text(results, 80),
        )?;
    }
    let names: Vec<_> = hostile::PAYLOADS
        .iter()
        .map(|p| hostile::shown(p))
        .collect();
    std::fs::write(folder.join("names.json"), serde_json::to_string(&names)?)?;
    Ok(())
}
