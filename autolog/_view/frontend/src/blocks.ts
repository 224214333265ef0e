// Markdown read into blocks, line by line and in one pass: what models write, and never longer than the text takes.
// (A complete CommonMark library is larger than the rest of the view together, which every notebook output carries.)

export type Align = "" | "left" | "center" | "right";

export type Block =
  | { kind: "heading"; level: number; text: string }
  | { kind: "paragraph"; text: string }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; inside: Block[] }
  | { kind: "list"; start: number | undefined; items: { task: boolean | undefined; inside: Block[] }[] }
  | { kind: "table"; align: Align[]; head: string[]; rows: string[][] }
  | { kind: "rule" };

const DEEPEST = 12;
const FENCE = /^ {0,3}(`{3,}|~{3,}) *([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})(?: +|$)/;
const RULE = /^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)/;

export function blocks(text: string): Block[] {
  return read(text.replace(/\r\n?/g, "\n").split("\n"), 0);
}

function read(lines: string[], depth: number): Block[] {
  const found: Block[] = [];
  let said: string[] = [];
  const end = (): void => {
    if (said.length) found.push({ kind: "paragraph", text: said.join("\n") });
    said = [];
  };
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] as string;
    const fence = FENCE.exec(line);
    const heading = HEADING.exec(line);
    if (!line.trim()) {
      end();
      at++;
    } else if (fence) {
      end();
      at = code(lines, at, fence, found);
    } else if (heading) {
      end();
      const title = line.slice(heading[0].length).trim();
      found.push({ kind: "heading", level: (heading[1] as string).length, text: title.endsWith("#") ? title.replace(/ #+$/, "") : title });
      at++;
    } else if (RULE.test(line)) {
      end();
      found.push({ kind: "rule" });
      at++;
    } else if (depth < DEEPEST && QUOTE.test(line)) {
      end();
      const inside: string[] = [];
      while (at < lines.length && QUOTE.test(lines[at] as string)) inside.push((lines[at++] as string).replace(QUOTE, ""));
      found.push({ kind: "quote", inside: read(inside, depth + 1) });
    } else if (depth < DEEPEST && ITEM.test(line)) {
      end();
      at = items(lines, at, depth, found);
    } else if (isTable(lines, at)) {
      end();
      at = table(lines, at, found);
    } else {
      said.push(line.trim());
      at++;
    }
  }
  end();
  return found;
}

function code(lines: string[], at: number, fence: RegExpExecArray, found: Block[]): number {
  const mark = fence[1] as string;
  const indent = (lines[at] as string).search(/[`~]/);
  const inside: string[] = [];
  for (at++; at < lines.length; at++) {
    const line = (lines[at] as string).trim();
    if (line.startsWith(mark) && line === (mark[0] as string).repeat(line.length)) {
      at++;
      break;
    }
    const text = lines[at] as string;
    inside.push(text.slice(Math.min(indent, text.length - text.trimStart().length)));
  }
  found.push({ kind: "code", language: (fence[2] ?? "").trim(), text: inside.join("\n") });
  return at;
}

function items(lines: string[], at: number, depth: number, found: Block[]): number {
  const first = ITEM.exec(lines[at] as string) as RegExpExecArray;
  const ordered = /\d/.test(first[2] as string);
  const all: { task: boolean | undefined; inside: Block[] }[] = [];
  while (at < lines.length) {
    const match = ITEM.exec(lines[at] as string);
    if (!match || /\d/.test(match[2] as string) !== ordered || RULE.test(lines[at] as string)) break;
    const width = match[0].length;
    const inside = [(lines[at] as string).slice(width)];
    for (at++; at < lines.length; at++) {
      const line = lines[at] as string;
      const indent = line.length - line.trimStart().length;
      if (!line.trim()) {
        const next = lines[at + 1] ?? "";
        if (!next.trim() || next.length - next.trimStart().length < 2) break;
        inside.push("");
      } else if (indent >= 2) inside.push(line.slice(Math.min(indent, width)));
      else if (ITEM.test(line) || FENCE.test(line) || HEADING.test(line) || QUOTE.test(line)) break;
      else inside.push(line); // a paragraph's next line, not indented
    }
    const task = /^\[([ xX])\] /.exec(inside[0] as string);
    if (task) inside[0] = (inside[0] as string).slice(4);
    all.push({ task: task ? task[1] !== " " : undefined, inside: read(inside, depth + 1) });
    // Items may stand apart.
    if (!lines[at]?.trim() && ITEM.test(lines[at + 1] ?? "")) at++;
  }
  found.push({ kind: "list", start: ordered ? parseInt(first[2] as string, 10) : undefined, items: all });
  return at;
}

const cells = (line: string): string[] =>
  line.trim().replace(/^\|/, "").replace(/([^\\]|^)\|$/, "$1").split(/(?<!\\)\|/).map((c) => c.trim().replaceAll("\\|", "|"));

function isTable(lines: string[], at: number): boolean {
  const [head, under] = [lines[at] as string, lines[at + 1] ?? ""];
  if (!head.includes("|") || !under.includes("-")) return false;
  const marks = cells(under);
  return marks.every((c) => /^:?-+:?$/.test(c)) && cells(head).length === marks.length;
}

function table(lines: string[], at: number, found: Block[]): number {
  const head = cells(lines[at] as string);
  const align = cells(lines[at + 1] as string).map((c): Align => (c.endsWith(":") ? (c.startsWith(":") ? "center" : "right") : c.startsWith(":") ? "left" : ""));
  const rows: string[][] = [];
  for (at += 2; at < lines.length && (lines[at] as string).includes("|"); at++) rows.push(head.map((_, i) => cells(lines[at] as string)[i] ?? ""));
  found.push({ kind: "table", align, head, rows });
  return at;
}
