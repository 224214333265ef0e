import type { ComponentChildren, RefObject } from "preact";
import { useMemo } from "preact/hooks";
import { type Answers, Conversation } from "./conversation";
import { Copy } from "./copy";
import { Documents } from "./documents";
import { Facts } from "./facts";
import { Icon, TypeIcon, tint } from "./icons";
import { attribute, inputMessages, inputSaid, outputSaid } from "./messages";
import { type Content, type Json, type Row, type Source, type Trace, asText, isFields, structure } from "./payload";
import { Raw } from "./raw";
import { documents } from "./retrieved";
import { visible } from "./safe";
import { AsMarkdown, Text } from "./text";
import { Value } from "./value";
import { duration } from "./axis";

export const TABS = ["Content", "Details", "JSON"] as const;
export type Tab = (typeof TABS)[number];

interface Props {
  source: Source;
  trace: Trace;
  selected: number;
  tab: Tab;
  setTab: (tab: Tab) => void;
  markdown: boolean;
  setMarkdown: (on: boolean) => void;
  back: () => void;
  scroller: RefObject<HTMLDivElement | null>;
}

export function Detail({ source, trace, selected, tab, setTab, markdown, setMarkdown, back, scroller }: Props) {
  const row = trace.rows[selected] as Row;
  const content = useMemo(() => source.content(trace, selected), [source, trace, selected]);
  const root = row.up < 0 && selected === 0;
  return (
    <>
      <div class="head">
        <div class="title">
          <button type="button" class="back" aria-label="Back to the tree" onClick={back}><Icon name="back" /></button>
          <span class={`type tint-${tint(row.type)}`}><TypeIcon type={row.type} />{row.word}</span>
          <h2><bdi>{visible(row.name)}</bdi></h2>
          {row.badge ? <span class={`badge ${row.badge === "error" ? "bad" : "odd"}`}>{row.badge}</span> : null}
        </div>
        <Line row={row} content={content} />
        <div class="tabs">
          <div role="tablist" aria-label="What to show of the span">
            {TABS.map((name, i) => (
              <button type="button" role="tab" id={`tab-${trace.line}-${name}`} aria-selected={tab === name} aria-controls={`panel-${trace.line}`} tabIndex={tab === name ? 0 : -1} title={`${name} (${i + 1})`} onClick={() => setTab(name)} onKeyDown={(e) => turn(e, name, setTab)}>{name}</button>
            ))}
          </div>
          {tab === "Content" ? (
            <label class="switch"><input type="checkbox" checked={markdown} onChange={() => setMarkdown(!markdown)} />Markdown</label>
          ) : null}
        </div>
      </div>
      <div class="panel" role="tabpanel" id={`panel-${trace.line}`} aria-labelledby={`tab-${trace.line}-${tab}`} tabIndex={0} ref={scroller}>
        {content.cut ? <p class="cut">{content.cut}</p> : null}
        <AsMarkdown.Provider value={markdown}>
          {tab === "Content" ? <Said_ key={selected} source={source} trace={trace} row={row} content={content} /> : null}
        </AsMarkdown.Provider>
        {tab === "Details" ? <Facts key={selected} content={content} trace={trace} root={root} /> : null}
        {tab === "JSON" ? <Raw key={selected} span={content.span} /> : null}
      </div>
    </>
  );
}

function turn(event: KeyboardEvent, now: Tab, setTab: (tab: Tab) => void): void {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const next = TABS[(TABS.indexOf(now) + step + TABS.length) % TABS.length] as Tab;
  setTab(next);
  const bar = (event.currentTarget as HTMLElement).parentElement;
  requestAnimationFrame(() => bar?.querySelector<HTMLElement>("[aria-selected=true]")?.focus());
}

function Line({ row, content }: { row: Row; content: Content }) {
  const text = (name: string): string => asText(attribute(content, name));
  const asked = text("gen_ai.request.model");
  const facts: [string, ComponentChildren][] = [
    ["took", row.duration || "not ended"],
    [row.total ? "all tokens" : "tokens", content.usage ? <>{content.usage}{row.below ? <span class="dim"> (counted at a span below)</span> : null}</> : null],
    [row.total ? "all costs" : "cost", row.cost],
    ["model", row.model ? <>{row.model}{asked && asked !== row.model ? <span class="dim"> for {asked}</span> : null}</> : null],
    ["provider", text("gen_ai.provider.name")],
    ["first chunk", row.first === undefined ? null : duration(row.first)],
    ["ended by", list_(attribute(content, "gen_ai.response.finish_reasons"))],
    ["retries", Number(text("autolog.retry_count")) || null],
  ];
  return <dl class="line">{facts.map(([k, v]) => (v ? <div><dt>{k}</dt><dd>{v}</dd></div> : null))}</dl>;
}

const list_ = (value: Json | undefined): string => (Array.isArray(value) ? [...new Set(value.map(asText))].join(", ") : "");

function Said_({ source, trace, row, content }: { source: Source; trace: Trace; row: Row; content: Content }) {
  const said = useMemo(() => ({ inputs: inputSaid(content), outputs: outputSaid(content), found: documents(content) }), [content]);
  const answers: Answers = (id) => answer(source, trace, id);
  const inputs = first(content, ["gen_ai.retrieval.query.text", "gen_ai.tool.call.arguments"]) ?? content.span["inputs"];
  const outputs = first(content, ["gen_ai.tool.call.result"]) ?? content.span["outputs"];
  const nothing = inputs === undefined && outputs === undefined && !said.inputs.messages.length && !said.outputs.messages.length && !said.found.length;
  return (
    <>
      <Failure row={row} content={content} />
      {said.inputs.messages.length ? <Conversation messages={said.inputs.messages} answers={answers} /> : inputs === undefined ? null : <Block title="Inputs" value={inputs} />}
      {said.inputs.rest ? <Block title="Other inputs" value={said.inputs.rest} /> : null}
      {said.outputs.messages.length ? <div class="answer"><Conversation messages={said.outputs.messages} answers={answers} /></div>
        : said.found.length ? <section><h3>Documents <span class="dim">{said.found.length}</span></h3><Documents documents={said.found} /></section>
        : outputs === undefined ? null : <Block title="Outputs" value={outputs} />}
      {said.outputs.rest ? <Block title="Other outputs" value={said.outputs.rest} /> : null}
      {nothing && !content.cut ? <p class="dim">No inputs and outputs were recorded.</p> : null}
    </>
  );
}

const first = (content: Content, names: string[]): Json | undefined => names.map((n) => structure(attribute(content, n))).find((v) => v !== undefined && v !== null);

function answer(source: Source, trace: Trace, id: string): ReturnType<Answers> {
  const told = id ? trace.results[id] : undefined;
  if (told === undefined) return undefined;
  const later = source.content(trace, told);
  for (const m of inputMessages(later)) {
    for (const p of m.parts) if (p.kind === "result" && p.id === id) return { value: p.value, from: "as the next call was told" };
  }
  return undefined;
}

function Block({ title, value }: { title: string; value: Json }) {
  return (
    <section class="block">
      <h3>{title}<Copy label={`Copy the ${title.toLowerCase()}`} text={() => (typeof value === "string" ? value : JSON.stringify(value, null, 2))} /></h3>
      <div class="box"><Value value={value} /></div>
    </section>
  );
}

function Failure({ row, content }: { row: Row; content: Content }) {
  const exception = content.span["exception"];
  if (!isFields(exception)) return row.error ? <div class="failure" role="note"><strong>{visible(row.error)}</strong></div> : null;
  const traceback = asText(exception["traceback"]);
  return (
    <div class="failure" role="note">
      <header><Icon name="error" /><strong>{visible(asText(exception["type"]))}</strong><Copy label="Copy the error" text={() => traceback || `${asText(exception["type"])}: ${asText(exception["message"])}`} /></header>
      <Text text={asText(exception["message"])} plain />
      {traceback ? <details open={traceback.length < 2_500}><summary>Traceback</summary><pre tabIndex={0}>{traceback}</pre></details> : null}
    </div>
  );
}
