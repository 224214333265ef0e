import { useState } from "preact/hooks";
import { Copy } from "./copy";
import { Icon } from "./icons";
import type { Source, Trace } from "./payload";
import { visible } from "./safe";
import { View } from "./view";

/** All traces of a payload: the first is open, the others are folded. */
export function App({ source }: { source: Source }) {
  const traces = source.index.traces;
  const [open, setOpen] = useState<Set<number>>(new Set([0]));
  const toggle = (i: number): void => {
    const next = new Set(open);
    if (!next.delete(i)) next.add(i);
    setOpen(next);
  };
  if (!traces.length) return <p class="empty dim">There is no trace here.</p>;
  const [only] = traces;
  if (traces.length === 1 && only) {
    return <main class="one"><Head trace={only} /><View source={source} trace={only} /></main>;
  }
  return (
    <main class="several">
      {traces.map((trace, i) => (
        <section class={open.has(i) ? "trace open" : "trace"} aria-label={visible(trace.name)}>
          <Head trace={trace} open={open.has(i)} toggle={() => toggle(i)} />
          {open.has(i) ? <View source={source} trace={trace} /> : null}
        </section>
      ))}
    </main>
  );
}

function Head({ trace, open, toggle }: { trace: Trace; open?: boolean; toggle?: () => void }) {
  const name = visible(trace.name) || "(no name)";
  const facts = [trace.duration, trace.tokens, trace.cost, `${trace.spans.toLocaleString("en")} span${trace.spans === 1 ? "" : "s"}`].filter(Boolean);
  const rest = [trace.models.map((m) => m.model).slice(0, 4).join(", "), trace.started, ...trace.facts.map(([k, v]) => `${k} ${v}`)].filter(Boolean);
  return (
    <header class="top">
      <div class="first">
        {toggle ? <button type="button" class={`arrow-button${open ? " open" : ""}`} aria-expanded={open} aria-label={`${open ? "Fold" : "Open"} the trace ${name}`} onClick={toggle}><Icon name="open" /></button> : null}
        <span class={`status status-${trace.status}`}>{trace.status === "IN_PROGRESS" ? "not ended" : trace.status === "ERROR" ? "error" : "ok"}</span>
        <h1>{toggle ? <button type="button" class="named" tabIndex={-1} onClick={toggle}>{name}</button> : <bdi>{name}</bdi>}</h1>
        <ul class="totals-line">{facts.map((f) => <li>{f}</li>)}</ul>
        {toggle ? null : <Theme />}
      </div>
      {open === false ? null : (
        <ul class="second dim">
          {rest.map((f, i) => <li class={i > 1 ? "further" : undefined} title={f}>{visible(f).slice(0, 120)}</li>)}
          <li class="id">{trace.id.slice(0, 12)}<Copy label="Copy the trace's id" text={() => trace.id} /></li>
        </ul>
      )}
    </header>
  );
}

function Theme() {
  const turn = (): void => {
    const { style } = document.documentElement;
    const dark = style.colorScheme ? style.colorScheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    style.colorScheme = dark ? "light" : "dark";
  };
  return <button type="button" class="theme" title="Light or dark" aria-label="Change between light and dark" onClick={turn}><Icon name="theme" /></button>;
}
