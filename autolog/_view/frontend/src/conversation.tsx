import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Copy } from "./copy";
import { Icon } from "./icons";
import type { Message, Part } from "./messages";
import { type Json, pretty } from "./payload";
import { visible } from "./safe";
import { Text } from "./text";
import { Value } from "./value";

/** What a tool answered, by the call's id, and where it is told. */
export type Answers = (id: string) => { value: Json | undefined; from: string } | undefined;

const FIRST = 1;
const LAST = 5;

/** Messages as a conversation; of a long one the middle is folded. */
export function Conversation({ messages, answers }: { messages: Message[]; answers: Answers }) {
  const [all, setAll] = useState(false);
  const results = new Map<string, Json | undefined>();
  for (const m of messages) for (const p of m.parts) if (p.kind === "result" && p.id) results.set(p.id, p.value);
  const called = new Set(messages.flatMap((m) => m.parts.flatMap((p) => (p.kind === "call" && results.has(p.id) ? [p.id] : []))));
  // A result that stands with its call is not told a second time.
  const shown = messages
    .map((m) => ({ ...m, parts: m.parts.filter((p) => p.kind !== "result" || !called.has(p.id)), had: m.parts.length }))
    .filter((m) => m.parts.length || !m.had);
  const told: Answers = (id) => (results.has(id) ? { value: results.get(id), from: "" } : answers(id));
  const hidden = all ? 0 : shown.length - FIRST - LAST;
  const show = (from: number, to: number) => shown.slice(from, to).map((m) => <Said message={m} answers={told} />);
  if (hidden < 3) return <>{show(0, shown.length)}</>;
  return (
    <>
      {show(0, FIRST)}
      <button type="button" class="more between" onClick={() => setAll(true)}>{hidden} earlier messages</button>
      {show(shown.length - LAST, shown.length)}
    </>
  );
}

const KNOWN = new Set(["system", "developer", "user", "assistant", "tool"]);

function Said({ message, answers }: { message: Message; answers: Answers }) {
  const role = message.role.slice(0, 40);
  const words = message.parts.flatMap((p) => (p.kind === "text" || p.kind === "refusal" ? [p.text] : [])).join("\n\n");
  return (
    <article class={`said role-${KNOWN.has(role) ? role : "other"}`}>
      <header>
        <span class="role">{visible(role)}</span>
        {message.name ? <bdi class="dim">{visible(message.name)}</bdi> : null}
        {message.note ? <span class="note">ended by {visible(message.note)}</span> : null}
        {words ? <Copy label={`Copy what the ${role} said`} text={() => words} /> : null}
      </header>
      {message.parts.length ? message.parts.map((p) => <Piece part={p} answers={answers} />) : <p class="dim">(nothing)</p>}
    </article>
  );
}

function Piece({ part, answers }: { part: Part; answers: Answers }): ComponentChildren {
  switch (part.kind) {
    case "text":
      return <Text text={part.text} />;
    case "refusal":
      return <div class="refusal"><span class="note">refused</span><Text text={part.text} /></div>;
    case "reasoning":
      return <details class="reasoning"><summary>Reasoning</summary>{part.text ? <Text text={part.text} /> : <p class="dim">not told by the provider</p>}</details>;
    case "call":
      return <Call name={part.name} id={part.id} value={part.value} answer={answers(part.id)} />;
    case "result":
      return <div class="call"><Result value={part.value} from={part.id ? `of ${visible(part.id)}` : ""} /></div>;
    case "image":
      return <Picture source={part.source} text={part.text} />;
    case "audio":
      return <figure><audio controls src={part.source} /><figcaption class="dim">{part.text}</figcaption></figure>;
    case "note":
      return <p class="medium">{part.text}</p>;
    case "data":
      return <Value value={part.value} />;
  }
}

function Picture({ source, text }: { source: string; text: string }) {
  const [broken, setBroken] = useState(false);
  if (broken) return <p class="medium">{text}: {source.length.toLocaleString("en")} characters that are no picture</p>;
  return <img src={source} alt={`${text} in the conversation`} loading="lazy" onError={() => setBroken(true)} />;
}

function Call({ name, id, value, answer }: { name: string; id: string; value: Json | undefined; answer: ReturnType<Answers> }) {
  return (
    <div class="call">
      <header>
        <Icon name="tool" /><strong>{visible(name)}</strong><span class="dim id">{visible(id)}</span>
        <Copy label={`Copy the arguments of ${name}`} text={() => pretty(value ?? null)} />
      </header>
      <div class="arguments">{value === undefined || value === null || value === "" ? <span class="dim">no arguments</span> : <Value value={value} />}</div>
      {answer ? <Result value={answer.value} from={answer.from} /> : null}
    </div>
  );
}

function Result({ value, from }: { value: Json | undefined; from: string }) {
  return (
    <div class="result">
      <div class="label">Result {from ? <span class="dim">{from}</span> : null}</div>
      {value === undefined || value === null ? <span class="dim">nothing</span> : <Value value={value} />}
    </div>
  );
}
