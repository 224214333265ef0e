// Builds src/ into ../assets/, which the wheel ships. `--check` builds elsewhere and compares.
import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const shipped = join(here, "..", "assets");
const check = process.argv.includes("--check");
const out = check ? mkdtempSync(join(tmpdir(), "trace-view-")) : shipped;
const LIMIT = 29_000; // bytes, compressed: every notebook output and every file carries them

try {
  await build({
    absWorkingDir: here,
    entryPoints: { view: "src/main.tsx" },
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome111", "firefox114", "safari16.4"],
    charset: "ascii",
    legalComments: "none",
    jsx: "automatic",
    jsxImportSource: "preact",
    outdir: out,
    logLevel: "warning",
  });
  // It stands in a <script>: nothing may end the element (esbuild sees to that) or begin a comment there.
  const js = join(out, "view.js");
  writeFileSync(js, readFileSync(js, "utf8").replaceAll("<!--", "\\x3c!--"));
  let size = 0;
  for (const name of ["view.js", "view.css"]) {
    const text = readFileSync(join(out, name));
    size += gzipSync(text, { level: 9 }).length;
    if (check && !text.equals(readFileSync(join(shipped, name)))) {
      console.error(`assets/${name} is not what src/ builds: run \`npm run build\` and commit it`);
      process.exitCode = 1;
    }
  }
  if (check && readdirSync(shipped).sort().join() !== readdirSync(out).sort().join()) {
    console.error("assets/ holds other files than src/ builds");
    process.exitCode = 1;
  }
  console.log(`${readdirSync(out).join(", ")}: ${size.toLocaleString("en")} bytes compressed (limit ${LIMIT.toLocaleString("en")})`);
  if (size > LIMIT) process.exitCode = 1;
} finally {
  if (check) rmSync(out, { recursive: true });
}
