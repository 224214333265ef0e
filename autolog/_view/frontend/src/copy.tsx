import { useState } from "preact/hooks";
import { Icon } from "./icons";

async function toClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A notebook's frame may not use the clipboard's interface, but a person may copy what is selected.
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/** A button that copies; the text is made when it is pressed. */
export function Copy({ text, label }: { text: () => string; label: string }) {
  const [done, setDone] = useState(false);
  const copy = (event: Event): void => {
    event.stopPropagation();
    void toClipboard(text()).then(() => {
      setDone(true);
      setTimeout(() => setDone(false), 1200);
    });
  };
  return (
    <button type="button" class={`copy${done ? " done" : ""}`} title={label} aria-label={label} onClick={copy}>
      {done ? <span class="said" role="status">copied</span> : <Icon name="copy" size={13} />}
    </button>
  );
}
