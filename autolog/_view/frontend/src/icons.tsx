// Small pictures, drawn in a box of 16 by 16.
const PATHS: Record<string, string> = {
  chat: "M2.5 3.5h11v7.5h-6l-3 2.5v-2.5h-2z",
  tool: "M9.8 2.6a3.4 3.4 0 0 0-3.3 4.5L2.4 11.2l2.4 2.4 4.1-4.1a3.4 3.4 0 0 0 4.5-4.2L11.2 7.5 8.8 7.2 8.5 4.8 10.7 2.7z",
  retrieve: "M7 2.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 13.5 13.5",
  rerank: "M3 4h10M3 8h7M3 12h4",
  embed: "M4 4.010v0M8 4.010v0M12 4.010v0M4 8.010v0M8 8.010v0M12 8.010v0M4 12.010v0M8 12.010v0M12 12.010v0",
  agent: "M3.5 5.500h9v7h-9zM8 5.500v-3M6.3 8.500v1M9.7 8.500v1M1.5 8v2M14.5 8v2",
  chain: "M6.5 9.500l3-3M7.5 4.500l1.2-1.200a2.8 2.8 0 0 1 4 4L11.5 8.500M8.5 11.500l-1.2 1.200a2.8 2.8 0 0 1-4-4L4.5 7.5",
  parse: "M5.5 3.5 2 8l3.5 4.500M10.5 3.5 14 8l-3.5 4.5",
  task: "M2.5 2.500h11v11h-11zM5 8l2 2 4-4.2",
  span: "M3.5 8a4.5 4.5 0 1 0 9 0 4.5 4.5 0 1 0-9 0",
  copy: "M5.5 5.500h8v8h-8zM10.5 5.500v-3h-8v8h3",
  search: "M7 2.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 13.5 13.5",
  back: "M9.5 3 4.5 8l5 5",
  open: "M6 3.5 10.5 8 6 12.5",
  theme: "M8 2.500a5.5 5.5 0 1 0 0 11zM8 2.500a5.5 5.5 0 0 1 0 11",
  error: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 5v3.600M8 10.900v.1",
};

const BY_TYPE: Record<string, string> = {
  CHAT_MODEL: "chat", LLM: "chat", TOOL: "tool", RETRIEVER: "retrieve", RERANKER: "rerank", EMBEDDING: "embed", AGENT: "agent",
  CHAIN: "chain", PARSER: "parse", TASK: "task",
};

/** The picture of a span type. */
export const TypeIcon = ({ type }: { type: string }) => <Icon name={BY_TYPE[type] ?? "span"} />;

export function Icon({ name, size = 14 }: { name: string; size?: number }) {
  const dots = name === "embed";
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor"
      stroke-width={dots ? 2.2 : 1.4} stroke-linecap="round" stroke-linejoin="round">
      <path d={PATHS[name] ?? PATHS["span"] as string} />
    </svg>
  );
}

const TINTS: Record<string, string> = {
  CHAT_MODEL: "model", LLM: "model", TOOL: "tool", RETRIEVER: "find", RERANKER: "find", EMBEDDING: "embed", AGENT: "agent",
};

/** The name of the colour of a span type. */
export const tint = (type: string): string => TINTS[type] ?? "plain";
