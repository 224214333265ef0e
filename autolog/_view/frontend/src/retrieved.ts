// What a retriever or reranker found, however its library names the members of a document.
import { attribute } from "./messages";
import { type Content, type Fields, type Json, asText, isFields, list, structure } from "./payload";

export interface Document {
  id: string;
  score: number | undefined;
  text: string;
  rest: Fields;
}

export function documents(content: Content): Document[] {
  const told = list(attribute(content, "gen_ai.retrieval.documents"));
  const found = told.length ? told : outputDocuments(structure(content.span["outputs"]), /^RE(TRIEV|RANK)ER$/.test(asText(content.span["span_type"])));
  return found.map((d) => document_(scored(d)));
}

function outputDocuments(outputs: Json | undefined, finds: boolean): Json[] {
  const within = isFields(outputs) ? (outputs["documents"] ?? outputs["nodes"] ?? outputs["source_nodes"]) : outputs;
  const items = Array.isArray(within) ? within : [];
  // A span that is said to find documents finds them, and passages may be texts; elsewhere each has to look like one.
  const has = (d: Json): boolean => isFields(d) && documentText(d) !== undefined;
  const could = (d: Json): boolean => typeof d === "string" || isFields(scored(d));
  return (finds ? items.some((d) => typeof d === "string" || has(scored(d) as Json)) && items.every(could) : items.length && items.every(has)) ? items : [];
}

/** A document that stands in a pair with its score, as one. */
function scored(value: Json): Json {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[1] !== "number") return value;
  const [found, score] = value as [Json, number];
  return isFields(found) ? { ...found, score } : typeof found === "string" ? { content: found, score } : value;
}

const documentText = (value: Fields): string | undefined => {
  const inner = isFields(value["node"]) ? value["node"] : value;
  return [inner["page_content"], inner["content"], inner["text"]].find((t) => typeof t === "string") as string | undefined;
};

function document_(given: Json): Document {
  const value = isFields(given) ? given : { content: asText(given) };
  const inner = isFields(value["node"]) ? value["node"] : value;
  const score = value["score"] ?? value["relevance_score"];
  const hidden = new Set(["page_content", "content", "text", "score", "relevance_score", "id", "node", "type"]);
  const rest = { ...(isFields(inner["metadata"]) ? inner["metadata"] : {}) };
  for (const [k, v] of Object.entries(value)) if (!hidden.has(k) && k !== "metadata" && v !== null) rest[k] = v;
  return {
    id: asText(value["id"] ?? inner["id"] ?? inner["id_"]),
    score: typeof score === "number" ? score : undefined,
    text: documentText(value) ?? "",
    rest,
  };
}
