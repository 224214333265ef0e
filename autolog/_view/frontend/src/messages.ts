// What was said in a call, whatever shape it was recorded in: the conventions' messages first, else what looks like one.
import { type Content, type Fields, type Json, asText, isFields, list, structure } from "./payload";
import { imageSource, mediaSource } from "./safe";

export type Part =
  | { kind: "text" | "refusal" | "reasoning" | "note"; text: string }
  | { kind: "call"; name: string; id: string; value: Json | undefined }
  | { kind: "result"; id: string; value: Json | undefined }
  | { kind: "image" | "audio"; source: string; text: string }
  | { kind: "data"; value: Json };

export interface Message {
  role: string;
  name: string;
  note: string;
  parts: Part[];
}

const USUAL_ENDS = new Set(["", "stop", "tool_calls", "tool_call", "function_call", "completed", "end_turn"]);
const ROLES: Record<string, string> = { human: "user", ai: "assistant", function: "tool", model: "assistant" };

export const attribute = (content: Content, name: string): Json | undefined =>
  isFields(content.span["attributes"]) ? content.span["attributes"][name] : undefined;

/** Messages, and what stands beside them in the same value. */
export interface Said {
  messages: Message[];
  rest?: Fields | undefined;
}

const isModel = (content: Content): boolean => /^(CHAT_MODEL|LLM)$/.test(asText(content.span["span_type"]));

export function inputSaid(content: Content): Said {
  const system = list(attribute(content, "gen_ai.system_instructions"));
  const said = list(attribute(content, "gen_ai.input.messages")).map(message);
  if (system.length) said.unshift({ role: "system", name: "", note: "", parts: system.map(part) });
  return said.length ? { messages: said } : recognised(content.span["inputs"], isModel(content));
}

export function outputSaid(content: Content): Said {
  const said = list(attribute(content, "gen_ai.output.messages")).map(message);
  if (said.length) return { messages: said };
  const outputs = content.span["outputs"];
  const found = recognised(outputs, isModel(content));
  // The text with which a model answers messages is one more of them.
  if (found.messages.length || typeof outputs !== "string" || !outputs || !isModel(content) || !inputSaid(content).messages.length) return found;
  return { messages: [message({ role: "assistant", content: outputs })] };
}

export const inputMessages = (content: Content): Message[] => inputSaid(content).messages;
export const outputMessages = (content: Content): Message[] => outputSaid(content).messages;

/** Messages in a value of any shape; of a model's call they may have any name. */
function recognised(value: Json | undefined, model: boolean): Said {
  const read = structure(value);
  if (!isFields(read)) return { messages: messages(read) };
  const choices = read["choices"];
  if (Array.isArray(choices)) return { messages: messages(choices.map((c) => (isFields(c) ? (c["message"] ?? null) : null))) };
  if (isMessage(read) && (model || SPEAKERS.has(asText(read["role"])))) return { messages: [message(read)], rest: without(read, MEMBERS) };
  const name = ["messages", ...(model ? Object.keys(read) : [])].find((n) => messages(read[n]).length);
  return name === undefined ? { messages: [] } : { messages: messages(read[name]), rest: without(read, new Set([name])) };
}

function messages(value: Json | undefined): Message[] {
  // Some libraries nest the messages of a batch, and some have a single one.
  const list_ = Array.isArray(value) && value.length === 1 && Array.isArray(value[0]) ? value[0] : isFields(value) ? [value] : value;
  return Array.isArray(list_) && list_.every(isMessage) ? list_.map(message) : [];
}

const SPEAKERS = new Set(["system", "developer", "user", "assistant", "tool", "function", "human", "ai", "model"]);
const MEMBERS = new Set(["role", "type", "content", "parts", "tool_calls", "refusal", "name", "finish_reason", "tool_call_id", "reasoning", "reasoning_content"]);

function without(value: Fields, names: Set<string>): Fields | undefined {
  const left = Object.entries(value).filter(([k, v]) => !names.has(k) && v !== null);
  return left.length ? Object.fromEntries(left) : undefined;
}

const isMessage = (value: Json): boolean =>
  isFields(value) &&
  (typeof value["role"] === "string" || (typeof value["type"] === "string" && value["type"] in ROLES)) &&
  ("content" in value || "parts" in value || "tool_calls" in value || "refusal" in value);

function message(value: Json): Message {
  if (!isFields(value)) return { role: "message", name: "", note: "", parts: [part(value)] };
  const kind = asText(value["role"]) || asText(value["type"]) || "message";
  const said = value["parts"] ?? value["content"];
  const parts = (typeof said === "string" ? (said ? [said] : []) : list(said)).map(part);
  const role = ROLES[kind] ?? kind;
  const reasoning = asText(value["reasoning_content"] ?? value["reasoning"]);
  if (reasoning) parts.unshift({ kind: "reasoning", text: reasoning });
  for (const call of list(value["tool_calls"])) parts.push(part(isFields(call) ? { ...call, type: "tool_call" } : call));
  const refusal = asText(value["refusal"]);
  if (refusal) parts.push({ kind: "refusal", text: refusal });
  const answered = asText(value["tool_call_id"]);
  const end = asText(value["finish_reason"]);
  return {
    role,
    name: asText(value["name"]),
    note: USUAL_ENDS.has(end) ? "" : end,
    parts: answered ? [{ kind: "result", id: answered, value: said ?? null }] : parts,
  };
}

function part(value: Json): Part {
  if (typeof value === "string") return { kind: "text", text: value };
  if (!isFields(value)) return { kind: "data", value };
  const text = (v: Json | undefined): string => (typeof v === "string" ? v : isFields(v) ? asText(v["value"] ?? v) : asText(v));
  switch (value["type"]) {
    case "text":
    case "input_text":
    case "output_text":
      return { kind: "text", text: text(value["content"] ?? value["text"]) };
    case "refusal":
      return { kind: "refusal", text: text(value["content"] ?? value["refusal"]) };
    case "reasoning":
    case "thinking":
      return { kind: "reasoning", text: text(value["content"] ?? value["thinking"] ?? value["summary"]) };
    case "tool_call":
    case "tool_use":
    case "server_tool_call": {
      const inner = isFields(value["function"]) ? value["function"] : value;
      const given = inner["arguments"] ?? inner["args"] ?? inner["input"] ?? inner["server_tool_call"];
      return { kind: "call", name: asText(inner["name"]) || "tool", id: asText(value["id"]), value: structure(given) };
    }
    case "tool_call_response":
    case "tool_result":
    case "server_tool_call_response": {
      const result = value["response"] ?? value["result"] ?? value["content"] ?? value["server_tool_call_response"];
      return { kind: "result", id: asText(value["id"] ?? value["tool_use_id"]), value: structure(result) };
    }
    case "image_url":
    case "input_image":
    case "image":
    case "blob":
    case "uri":
    case "file":
    case "input_audio":
      return medium(value);
    default:
      return { kind: "data", value };
  }
}

function medium(value: Fields): Part {
  const nested = [value["image_url"], value["input_audio"], value["source"]].find(isFields) ?? value;
  const address = asText(value["uri"]) || asText(nested["url"]) || (typeof value["image_url"] === "string" ? value["image_url"] : "");
  const mime = asText(value["mime_type"] ?? nested["media_type"]) || (nested["format"] ? `audio/${asText(nested["format"])}` : "");
  const bytes = [value["content"], nested["data"]].find((v) => typeof v === "string") as string | undefined;
  const what = mime || asText(value["modality"]) || asText(value["type"]) || "file";
  // What Python left out is told in brackets, which no data has.
  const left = [address, bytes].find((v) => v?.startsWith("["));
  if (left) return { kind: "note", text: `${what}: ${left.slice(1, -1)}` };
  const whole = address || (bytes !== undefined ? `data:${mime};base64,${bytes}` : "");
  const image = imageSource(whole);
  if (image) return { kind: "image", source: image, text: what };
  const audio = mediaSource(whole);
  if (audio) return { kind: "audio", source: audio, text: asText(value["transcript"]) || what };
  return { kind: "note", text: `${what}: ${describe(value, address, bytes)}` };
}

function describe(value: Fields, address: string, bytes: string | undefined): string {
  if (address.startsWith("data:")) return `${address.length.toLocaleString("en")} characters of data`;
  if (address) return `${address} (not loaded)`;
  if (bytes !== undefined) return `${bytes.length.toLocaleString("en")} characters of base64`;
  const kept = [value["content"], ...Object.values(value)].find((v) => isFields(v) && ("$blob" in v || "size" in v));
  if (isFields(kept)) return `${Number(kept["size"] ?? 0).toLocaleString("en")} bytes, not kept here`;
  return asText(value["file_id"]) || "not kept";
}
