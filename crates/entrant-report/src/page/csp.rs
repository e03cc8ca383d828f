//! The page's content policy: nothing runs, loads or leaves but what the page itself carries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The policy for a page with one inline style and these inline scripts, all by hash. A page with
/// an engine may compile it, and run it in a worker that the page itself wrote.
pub fn policy(scripts: &[&str], style: &str, engine: bool) -> String {
    let (compile, worker) = if engine {
        (" 'wasm-unsafe-eval'", " worker-src blob:;")
    } else {
        ("", "")
    };
    let scripts: Vec<String> = scripts.iter().map(|s| source(s)).collect();
    format!(
        "default-src 'none'; script-src {}{compile};{worker} style-src {}; img-src data:; \
         connect-src 'none'; base-uri 'none'; form-action 'none'",
        scripts.join(" "),
        source(style)
    )
}

fn source(inline: &str) -> String {
    format!(
        "'sha256-{}'",
        STANDARD.encode(Sha256::digest(inline.as_bytes()))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_browsers_compute() {
        // The example of the Content Security Policy recommendation, section 2.3.1.
        let expected = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";
        assert_eq!(source("alert('Hello, world.');"), expected);
    }
}
