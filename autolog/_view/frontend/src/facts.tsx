import { Json_ } from "./json";
import { attribute } from "./messages";
import { type Content, type Fields, type Json, type Trace, asText, isFields, list } from "./payload";
import { Text } from "./text";

// Shown as content, or said by the heading.
const TOLD = new Set([
  "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.definitions",
  "gen_ai.retrieval.documents", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "autolog.inputs", "autolog.outputs",
]);

const GROUPS: [string, RegExp][] = [
  ["Request", /^gen_ai\.(request|output|embeddings|retrieval)\.|^openai\.(api|request)\./],
  ["Response", /^gen_ai\.response\.|^openai\.response\.|^autolog\.(stream|tool_calls|embeddings)/],
  ["Usage", /^gen_ai\.usage\.|^autolog\.(usage|cost)/],
  ["Transport", /^(http|server)\.|^autolog\.(request|retry|error)|^error\./],
  ["Call", /^gen_ai\.|^autolog\./],
];

/** A span's parameters in groups, the tools it offered, its events; of a root the trace's totals. */
export function Facts({ content, trace, root }: { content: Content; trace: Trace; root: boolean }) {
  const attributes = isFields(content.span["attributes"]) ? content.span["attributes"] : {};
  const groups = new Map<string, [string, Json][]>(GROUPS.map(([name]) => [name, []]));
  groups.set("Attributes", []);
  for (const [key, value] of Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (TOLD.has(key)) continue;
    const group = GROUPS.find(([, belongs]) => belongs.test(key))?.[0] ?? "Attributes";
    groups.get(group)?.push([key, value]);
  }
  const tools = list(attribute(content, "gen_ai.tool.definitions")).filter(isFields);
  const span: [string, Json][] = [["started", content.started], ...["span_id", "parent_id", "trace_id", "outcome"].flatMap((k) => (content.span[k] ? [[k, content.span[k]] as [string, Json]] : []))];
  return (
    <>
      {root && trace.models.length ? <Totals trace={trace} /> : null}
      {root && trace.facts.length ? <Table title="Trace" rows={trace.facts} /> : null}
      {[...groups].map(([title, rows]) => (rows.length ? <Table title={title} rows={rows} /> : null))}
      {tools.length ? <Tools tools={tools} /> : null}
      <Events content={content} />
      <Table title="Span" rows={span} />
    </>
  );
}

export function Table({ title, rows }: { title: string; rows: [string, Json][] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="table">
        {rows.map(([key, value]) => (
          <div>
            <dt title={key}>{short(key)}</dt>
            <dd>{typeof value === "object" && value !== null ? Array.isArray(value) && value.every((v) => typeof v !== "object" || v === null) ? value.map(asText).join(", ") : <Json_ value={value} depth={1} /> : typeof value === "string" ? <Text text={value} plain /> : String(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const short = (key: string): string => key.replace(/^(gen_ai\.(request|response|usage)|gen_ai|autolog|openai)\./, "");

function Totals({ trace }: { trace: Trace }) {
  return (
    <section>
      <h3>Totals by model <span class="dim">each call counted once</span></h3>
      <div class="wide" tabIndex={0}>
        <table class="totals">
          <thead><tr><th scope="col">model</th><th scope="col">calls</th><th scope="col">tokens</th><th scope="col">cost</th></tr></thead>
          <tbody>{trace.models.map((m) => <tr><th scope="row">{m.model}</th><td>{m.calls.toLocaleString("en")}</td><td>{m.tokens}</td><td>{m.cost}</td></tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Tools({ tools }: { tools: Fields[] }) {
  return (
    <section>
      <h3>Tools offered <span class="dim">{tools.length}</span></h3>
      {tools.map((t) => {
        const inner = isFields(t["function"]) ? t["function"] : t;
        return (
          <details class="offered">
            <summary><strong>{asText(inner["name"])}</strong> <span class="dim">{asText(inner["description"]).slice(0, 200)}</span></summary>
            <Json_ value={inner["parameters"] ?? inner} depth={3} />
          </details>
        );
      })}
    </section>
  );
}

function Events({ content }: { content: Content }) {
  const events = list(content.span["events"]).filter(isFields);
  if (!events.length) return null;
  return (
    <section>
      <h3>Events <span class="dim">{events.length.toLocaleString("en")}</span></h3>
      {events.slice(0, 500).map((e, i) => (
        <details class="offered">
          <summary><strong>{asText(e["name"])}</strong> <span class="dim">after {content.events[i]}</span></summary>
          <Json_ value={e["attributes"] ?? {}} depth={2} />
        </details>
      ))}
      {events.length > 500 ? <p class="dim">{(events.length - 500).toLocaleString("en")} more: see JSON</p> : null}
    </section>
  );
}
