import { render } from "preact";
import { App } from "./app";
import { Source } from "./payload";
import "./style.css";

declare global {
  // Set by the loader of a notebook's output, which unpacks them.
  var autologTrace: { index: string; content: string } | undefined;
}

const inPage = (id: string): string => document.getElementById(id)?.textContent ?? "";

const given = globalThis.autologTrace ?? { index: inPage("autolog-index"), content: inPage("autolog-content") };
// A notebook's page knows whether it is light or dark, and a frame in it does not.
if (parent !== window) {
  addEventListener("message", (event: MessageEvent<{ autologTheme?: unknown } | null>) => {
    const theme = event.data?.autologTheme;
    if (event.source === parent && (theme === "light" || theme === "dark")) document.documentElement.style.colorScheme = theme;
  });
  parent.postMessage({ autologTheme: "?" }, "*");
}

const root = document.getElementById("autolog-view");
if (root) {
  root.textContent = "";
  render(<App source={new Source(given.index, given.content)} />, root);
}
