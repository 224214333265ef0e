import { Json_ } from "./json";
import type { Document } from "./retrieved";
import { Text } from "./text";

/** What a retriever found, in its order, each with its score. */
export function Documents({ documents }: { documents: Document[] }) {
  const best = Math.max(...documents.map((d) => d.score ?? 0));
  return (
    <ol class="documents">
      {documents.map((d, i) => (
        <li>
          <header>
            <span class="rank">{i + 1}</span>
            <span class="id">{d.id || title(d)}</span>
            {d.score === undefined ? null : (
              <span class="score" title="score">
                {/* Distances and negative scores say nothing as a share of the best. */}
                {best > 0 && d.score >= 0 ? <span class="track"><span style={{ width: `${Math.min(100, (100 * d.score) / best)}%` }} /></span> : null}
                {Number(d.score.toPrecision(4))}
              </span>
            )}
          </header>
          {d.text ? <Text text={d.text} /> : <p class="dim">no text recorded</p>}
          {Object.keys(d.rest).length ? <details><summary>Metadata</summary><Json_ value={d.rest} depth={1} /></details> : null}
        </li>
      ))}
    </ol>
  );
}

function title(document: Document): string {
  for (const name of ["source", "title", "file_name", "url"]) if (typeof document.rest[name] === "string") return document.rest[name] as string;
  return "";
}
