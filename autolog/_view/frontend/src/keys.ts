import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** The view that was used last: of several in a file, it is the one that hears what is pressed outside all of them. */
let used: Element | null = null;

export const use = (view: Element | null): void => {
  used = view;
};

/**
 * Hear the keys that are pressed while nothing in a view has the focus, as on a file that was just opened. A notebook's
 * frame hears none of them: there they belong to the notebook until somebody goes into the view.
 */
export function useKeysOfPage(box: RefObject<HTMLElement | null>, hear: (event: KeyboardEvent) => void): void {
  // The next key may come before effects of the one before have run.
  const latest = useRef(hear);
  latest.current = hear;
  useEffect(() => {
    if (parent !== window) return undefined;
    const listen = (event: KeyboardEvent): void => {
      const target = event.target as Element;
      // A button in the header keeps the keys that press it.
      if (event.defaultPrevented || target.closest(".view") || (/^(Enter| )$/.test(event.key) && target.closest("button, a"))) return;
      const view = used?.isConnected ? used : document.querySelector(".view");
      if (view === box.current) latest.current(event);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}
