// The switch of light and dark: as the system has it, or one of the two.
import { useState } from "preact/hooks";
import { html } from "./html.js";
import { Glyph } from "./ui.js";

const NEXT = { "": "light", light: "dark", dark: "" };
const NAMES = { "": "as the system", light: "light", dark: "dark" };
const GLYPH = { "": "auto", light: "sun", dark: "moon" };

export const chosen = () => document.documentElement.dataset.scheme || "";

function choose(scheme) {
  document.documentElement.dataset.scheme = scheme;
  try {
    if (scheme) localStorage.setItem("knelt.scheme", scheme);
    else localStorage.removeItem("knelt.scheme");
  } catch {
    // It holds until the page is left.
  }
  dispatchEvent(new Event("scheme"));
}

export function SchemeSwitch() {
  const [scheme, setScheme] = useState(chosen);
  const turn = () => (choose(NEXT[scheme]), setScheme(NEXT[scheme]));
  const title = `Colours: ${NAMES[scheme]}. Switch to ${NAMES[NEXT[scheme]]}`;
  return html`<button type="button" class="icon-button" aria-label=${title} title=${title} onClick=${turn}><${Glyph} name=${GLYPH[scheme]} /></button>`;
}
