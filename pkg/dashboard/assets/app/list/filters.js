// What is above the list: search, and a switch for each way to stand, with how
// many stand so.
import { useEffect, useRef, useState } from "preact/hooks";
import { html, classes } from "../html.js";
import { useDebounced } from "../hooks.js";
import { compact, count } from "../format.js";
import { Shape } from "../status.js";
import { Glyph } from "../ui.js";

const CHIPS = [
  { name: "All", query: {}, of: "total" },
  { name: "Running", status: "running", query: { status: "running" }, of: "running" },
  { name: "Failed", status: "failed", query: { status: "failed" }, of: "failed" },
  { name: "Incomplete", status: "incomplete", query: { status: "incomplete" }, of: "incomplete" },
  { name: "Paused", status: "paused", query: { paused: "true" }, of: "paused" },
  { name: "Succeeded", status: "succeeded", query: { status: "succeeded" } },
  { name: "Cancelled", status: "cancelled", query: { status: "cancelled" } },
  { name: "Never run", status: "never", query: { status: "never" } },
];

export function Filters({ query, counts, onChange }) {
  const chosen = CHIPS.findLast((c) => Object.entries(c.query).every(([k, v]) => query[k] === v));
  return html`
    <div class="filters">
      <${Search} value=${query.search || ""} onChange=${(search) => onChange({ ...query, search })} />
      <div class="chips" role="group" aria-label="Show connections by how they stand">
        ${CHIPS.map((c) => html`
          <button key=${c.name} type="button" class=${classes("chip", c === chosen && "chip-on", c.of && counts?.[c.of] === 0 && "chip-none")}
            aria-pressed=${c === chosen ? "true" : "false"} onClick=${() => onChange({ search: query.search, ...c.query })}>
            ${c.status && html`<${Shape} status=${c.status} />`}
            <span>${c.name}</span>
            ${c.of && html`<${Count} n=${counts?.[c.of]} />`}
          </button>`)}
      </div>
    </div>`;
}

// Count holds its place until it is known.
const Count = ({ n }) => html`<span class="chip-count" title=${n === undefined ? undefined : count(n)}>${n === undefined ? "" : n > 99999 ? compact(n) : count(n)}</span>`;

// Search is reached by / from anywhere on the page.
function Search({ value, onChange }) {
  const ref = useRef(null);
  const [text, setText] = useState(value);
  const later = useDebounced(onChange, 180);
  useEffect(() => {
    if (document.activeElement !== ref.current) setText(value);
  }, [value]);
  useEffect(() => {
    const key = (e) => {
      if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || isTyping(e.target)) return;
      e.preventDefault();
      ref.current.focus();
      ref.current.select();
    };
    addEventListener("keydown", key);
    return () => removeEventListener("keydown", key);
  }, []);
  const typed = (t) => (setText(t), later(t.trim()));
  return html`
    <div class="search" role="search">
      <${Glyph} name="search" />
      <input ref=${ref} class="input" type="search" aria-label="Search connections" aria-keyshortcuts="/" placeholder="Search by name, source or destination"
        autocomplete="off" spellcheck="false" value=${text} onInput=${(e) => typed(e.target.value)}
        onKeyDown=${(e) => e.key === "Escape" && (text ? typed("") : ref.current.blur())} />
      <kbd aria-hidden="true">/</kbd>
    </div>`;
}

const isTyping = (element) => element.closest("input, textarea, select, dialog, [contenteditable]") !== null;
