// Bundles the scripts and styles of the report page and of the page of `entrant serve` into their
// crates, or, with --check, compares what it would write with what is committed. Same sources and lock file, same bytes.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "..", "crates", "entrant-report", "assets");
const served = join(here, "..", "crates", "entrant-serve", "assets");
const check = process.argv.includes("--check");

const options = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  write: false,
  charset: "ascii",
  target: "es2022",
  legalComments: "none",
  metafile: true,
};

/** Names of the packages whose code is in a bundle. */
function packagesIn(metafile) {
  const inputs = Object.keys(metafile.inputs).filter((f) => f.startsWith("node_modules/"));
  const name = (f) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(f)[1];
  return [...new Set(inputs.map(name))].sort();
}

/** The licence of a package, as it asks to be passed on. */
function notice(name) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license"].find((f) => readable(join(folder, f)));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : "(no licence file in the package)";
  return `${name} ${version} (${license})\n\n${text}\n`;
}

function readable(path) {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

// The worker travels inside the script that starts it, as text.
const worker = await build({ ...options, entryPoints: ["src/live/worker.ts"], format: "iife" });
const define = { WORKER: JSON.stringify(worker.outputFiles[0].text) };
const start = await build({ ...options, entryPoints: ["src/live/start.ts"], format: "iife", define });
const script = await build({ ...options, entryPoints: ["src/main.ts"], format: "iife" });
const style = await build({ ...options, entryPoints: ["src/page.css"] });
const serveScript = await build({ ...options, entryPoints: ["src/serve/main.ts"], format: "iife" });
const serveStyle = await build({ ...options, entryPoints: ["src/serve/serve.css"] });
const others = packagesIn(serveScript.metafile);
if (others.length) throw new Error(`the page of entrant serve has no notices for ${others}`);
const packages = packagesIn(script.metafile);
const banner = "/* Contains Observable Plot and D3 modules (ISC), see assets/NOTICES.txt of entrant-report. */\n";
const outputs = {
  "start.js": start.outputFiles[0].text,
  "page.js": banner + script.outputFiles[0].text,
  "page.css": style.outputFiles[0].text,
  "serve.js": serveScript.outputFiles[0].text,
  "serve.css": serveStyle.outputFiles[0].text,
  "serve.html": readFileSync(join(here, "src", "serve", "serve.html"), "utf8"),
  "NOTICES.txt": `The page's script contains code of these packages.\n\n${packages.map(notice).join("\n----\n\n")}`,
};

let stale = 0;
for (const [name, text] of Object.entries(outputs)) {
  const path = join(name.startsWith("serve.") ? served : assets, name);
  if (!check) writeFileSync(path, text);
  else if (!readable(path) || readFileSync(path, "utf8") !== text) {
    stale += 1;
    console.error(`${name} is not what page/ builds: run npm run build`);
  }
  console.log(`${name}: ${text.length} bytes`);
}
process.exitCode = stale ? 1 : 0;
