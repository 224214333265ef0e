import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Copy } from "./copy";
import { Json_, UNFOLDED, find } from "./json";
import { type Fields, pretty } from "./payload";

const PAUSE_MS = 120;

/** Everything that was recorded of a span, to search and to copy. */
export function Raw({ span }: { span: Fields }) {
  const [typed, setTyped] = useState("");
  const [query, setQuery] = useState("");
  // Megabytes are looked through when the typing has paused.
  useEffect(() => {
    const wait = setTimeout(() => setQuery(typed), PAUSE_MS);
    return () => clearTimeout(wait);
  }, [typed]);
  const found = useMemo(() => (query.length > 1 ? find(span, query) : undefined), [span, query]);
  const more = found && found.count > UNFOLDED ? `, the first ${UNFOLDED} unfolded` : "";
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector("mark")?.scrollIntoView({ block: "nearest" }), [found]);
  return (
    <div ref={box}>
      <div class="bar sticky">
        <input type="search" class="query" placeholder="Search keys and values" aria-label="Search the JSON" value={typed} onInput={(e) => setTyped(e.currentTarget.value)} />
        <span class="dim" role="status">{found ? `${found.count.toLocaleString("en")} found${more}` : ""}</span>
        <Copy label="Copy the span as JSON" text={() => pretty(span)} />
      </div>
      {/* Another query unfolds other branches, whatever was folded by hand. */}
      <Json_ key={found ? query : ""} value={span} depth={2} found={found} />
    </div>
  );
}
