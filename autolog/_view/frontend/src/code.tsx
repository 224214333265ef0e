import { useMemo } from "preact/hooks";
import { Copy } from "./copy";

const WORDS =
  "and as async await break case catch class const continue def default del do elif else enum except export extends false False finally fn for from func function if impl import in interface is lambda let match mut new nil None not null or package pass pub raise return self static struct switch this throw true True try type undefined use var void while with yield " +
  "SELECT FROM WHERE INSERT INTO UPDATE SET DELETE JOIN LEFT ON GROUP BY ORDER LIMIT AS AND OR NOT NULL CREATE TABLE VALUES";
const KEYWORDS = new Set(WORDS.split(" "));
const MOST = 20_000;
const HASHES = new Set(["py", "python", "sh", "bash", "shell", "zsh", "yaml", "yml", "toml", "ruby", "rb", "r", "dockerfile", "makefile"]);

// Enough to find one's way in a piece of code of any language: comments, texts, numbers and the commonest keywords.
function pieces(code: string, language: string): [string, string][] {
  const comment = HASHES.has(language) ? "#[^\\n]*" : "\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?\\*\\/";
  const token = new RegExp(
    `(${comment})|("(?:[^"\\\\\\n]|\\\\.)*"|'(?:[^'\\\\\\n]|\\\\.)*'|\`[^\`]*\`)|\\b(\\d[\\w.]*)|([A-Za-z_]\\w*)`,
    "g",
  );
  const found: [string, string][] = [];
  let at = 0;
  for (const match of code.matchAll(token)) {
    const kind = match[1] !== undefined ? "c" : match[2] !== undefined ? "s" : match[3] !== undefined ? "n" : KEYWORDS.has(match[0]) ? "k" : "";
    if (!kind) continue;
    if (match.index > at) found.push(["", code.slice(at, match.index)]);
    found.push([kind, match[0]]);
    at = match.index + match[0].length;
  }
  if (at < code.length) found.push(["", code.slice(at)]);
  return found;
}

export function Code({ text, language = "" }: { text: string; language?: string }) {
  const name = language.trim().split(/\s/)[0]?.toLowerCase() ?? "";
  const plain = text.length > MOST || name === "text" || name === "txt" || name === "";
  const parts = useMemo(() => (plain ? [] : pieces(text, name)), [text, name, plain]);
  return (
    <div class="code">
      {name ? <span class="language">{name.slice(0, 20)}</span> : null}
      <Copy label="Copy the code" text={() => text} />
      <pre tabIndex={0}><code>{plain ? text : parts.map(([kind, part]) => (kind ? <span class={`hl-${kind}`}>{part}</span> : part))}</code></pre>
    </div>
  );
}
