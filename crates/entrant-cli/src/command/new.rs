//! `entrant new`: a small working study to start from.

use entrant::io::write_new_study;

use crate::args::New;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plain::shown;

/// Writes a new study and says what to do with it.
pub(crate) fn new(args: &New, console: &Console) -> Result<Exit, Failure> {
    for path in write_new_study(&args.dir)? {
        console.note(&format!("wrote {}", shown(&path)));
    }
    let dir = shown(&args.dir);
    console.note(&format!(
        "next: `entrant check {dir}`, then `entrant run {dir}`"
    ));
    Ok(Exit::Certified)
}
