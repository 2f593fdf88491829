// The log of an attempt: by level, origin and text, page by page or as it is
// written.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { html, classes } from "../html.js";
import { count, exactly, fineClock } from "../format.js";
import { useDebounced } from "../hooks.js";
import { Button, Empty, Failure, Loading, Section } from "../ui.js";
import { useLines } from "./lines.js";

const LEVELS = [["", "All levels"], ["info", "Info and graver"], ["warn", "Warnings and errors"], ["error", "Errors"]];
const ORIGINS = [["", "All origins"], ["engine", "Engine"], ["source", "Source"], ["destination", "Destination"]];

export function Logs({ path, attempt, live, several }) {
  const [query, setQuery] = useState({ level: "", origin: "", search: "" });
  const [follow, setFollow] = useState(live);
  const [wrap, setWrap] = useState(true);
  const following = live && follow;
  const lines = useLines(path, { attempt, ...query }, following);
  const change = (more) => setQuery((q) => ({ ...q, ...more }));
  const search = useDebounced((e) => change({ search: e.target.value.trim() }), 200);
  return html`
    <${Section} id="log" title="Log" aside=${several && html`<span class="quiet">of attempt ${attempt}</span>`}>
      <div class="log-bar">
        <${Choice} name="Level" options=${LEVELS} value=${query.level} onChange=${(level) => change({ level })} />
        <${Choice} name="Origin" options=${ORIGINS} value=${query.origin} onChange=${(origin) => change({ origin })} />
        <input class="input log-search" type="search" aria-label="Search the log" placeholder="Search the log" autocomplete="off" spellcheck="false" onInput=${search} />
        <label class="check"><input type="checkbox" checked=${wrap} onChange=${(e) => setWrap(e.target.checked)} /> Wrap</label>
        ${live && html`<label class="check"><input type="checkbox" checked=${follow} onChange=${(e) => setFollow(e.target.checked)} /> Follow</label>`}
      </div>
      <${Lines} lines=${lines} following=${following} wrap=${wrap} filtered=${Boolean(query.level || query.origin || query.search)} />
    <//>`;
}

const Choice = ({ name, options, value, onChange }) => html`
  <select class="input" aria-label=${name} value=${value} onChange=${(e) => onChange(e.target.value)}>
    ${options.map(([v, text]) => html`<option key=${v} value=${v}>${text}</option>`)}
  </select>`;

function Lines({ lines, following, wrap, filtered }) {
  const box = useRef(null);
  const end = lines.items.at(-1)?.key;
  const onScroll = useStickyEnd(box, [end, following]);
  if (lines.error && lines.items.length === 0) return html`<${Failure} what="The log" error=${lines.error} onRetry=${lines.again} />`;
  if (lines.items.length === 0) {
    if (lines.loading) return html`<${Loading} what="Loading the log" lines=${5} />`;
    return html`<${Empty} title=${filtered ? "No line is like that" : following ? "Nothing has been logged yet" : "There is no log"}>${!filtered && !following && html`<p>Old logs are removed; the ledger stays.</p>`}<//>`;
  }
  return html`
    <div ref=${box} onScroll=${onScroll} class=${classes("log", wrap && "log-wrap")} tabindex="0" role="group" aria-label="Lines of the log">
      ${lines.earlier && html`<p class="more"><${Button} kind="small" busy=${lines.loading && "Loading…"} onClick=${lines.more}>Earlier lines (${count(lines.offset)})<//></p>`}
      <ol>${lines.items.map((l) => html`<${Line} key=${l.key} l=${l} />`)}</ol>
      ${following && html`<p class="log-end quiet">following…</p>`}
    </div>
    ${lines.error && html`<p class="pad quiet" role="status">The stream is interrupted: ${lines.error.title}. It is tried again.</p>`}`;
}

// useStickyEnd keeps the end in sight when something is added there, unless
// somebody has scrolled away from it. Lines out of sight have a guessed height,
// so the end is gone to once more when it has been laid out.
function useStickyEnd(box, when) {
  const away = useRef(false);
  useLayoutEffect(() => {
    const go = () => box.current && !away.current && (box.current.scrollTop = box.current.scrollHeight);
    go();
    const frame = requestAnimationFrame(go);
    return () => cancelAnimationFrame(frame);
  }, when);
  return (e) => (away.current = e.target.scrollHeight - e.target.scrollTop - e.target.clientHeight > 120);
}

const Line = ({ l }) => {
  const level = (l.level || "INFO").toLowerCase();
  const fields = Object.entries(l.fields || {});
  return html`
    <li class=${`line line-${level}`}>
      <time datetime=${l.time} title=${exactly(l.time)}>${fineClock(l.time)}</time>
      <span class="line-level">${level}</span>
      <span class=${`line-origin line-of-${l.origin}`}>${l.origin}</span>
      <span class="line-text">${l.message}${fields.map(([k, v]) => html` <span key=${k} class="line-field">${k}=${typeof v === "string" ? v : JSON.stringify(v)}</span>`)}</span>
    </li>`;
};
