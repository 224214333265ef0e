import { Json_ } from "./json";
import { type Json, isFields, structure } from "./payload";
import { Text } from "./text";

/** Inputs or outputs: texts as texts under their names, everything else as a tree. */
export function Value({ value }: { value: Json }) {
  if (typeof value === "string") return <Text text={value} />;
  const read = structure(value) as Json;
  if (!isFields(read)) return <Json_ value={read} />;
  const entries = Object.entries(read);
  if (!entries.length) return <span class="dim">{"{ }"}</span>;
  return (
    <dl class="fields">
      {entries.slice(0, 200).map(([key, inner]) => (
        <div>
          <dt>{key}</dt>
          <dd>{typeof inner === "string" ? <Text text={inner} /> : <Json_ value={inner} depth={entries.length > 6 ? 1 : 2} />}</dd>
        </div>
      ))}
      {entries.length > 200 ? <div class="dim">{entries.length - 200} more: see JSON</div> : null}
    </dl>
  );
}
