// Small parts that all pages are made of.
import { useState } from "preact/hooks";
import { html, classes } from "./html.js";
import { useNow } from "./hooks.js";
import { ago, exactly, NONE } from "./format.js";

// Time is relative to now, with the exact time for whoever asks.
export function Time({ at, every }) {
  const now = useNow(every);
  if (!at) return html`<span class="none">${NONE}</span>`;
  return html`<time datetime=${at} title=${exactly(at)}>${ago(at, now)}</time>`;
}

const GLYPHS = {
  search: "M7 12.5A5.5 5.5 0 1 0 7 1.5a5.5 5.5 0 0 0 0 11zM11 11l3.5 3.5",
  arrow: "M2.5 8h11M9.5 4l4 4-4 4",
  back: "M9.5 3.5L5 8l4.5 4.5",
  play: "M4.5 2.8v10.4L13 8z",
  pause: "M5 3v10M11 3v10",
  refresh: "M13.5 8A5.5 5.5 0 1 1 11.5 3.7M13.5 1.5v3h-3",
  stop: "M3.5 3.5h9v9h-9z",
  edit: "M2.5 13.5l.8-3.2 7.9-7.9 2.4 2.4-7.9 7.9zM9.8 3.8l2.4 2.4",
  trash: "M2.5 4h11M6 4V2h4v2M4 4l.7 10h6.6L12 4M6.6 6.8l.2 4.6M9.4 6.8l-.2 4.6",
  check: "M2.5 8.5l3.5 3.5 7.5-8",
  warn: "M8 2L14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1",
  clock: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8 4.5V8l2.5 1.5",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9L13 13M13 3l-1.1 1.1M4.1 11.9L3 13",
  moon: "M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z",
  auto: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8 1.5v13M8 4.5h4.9M8 8h6.5M8 11.5h4.9",
  out: "M6 2.5H3v11h3M10 5l3 3-3 3M13 8H6.5",
};

export const Glyph = ({ name }) => html`
  <svg class="glyph" viewBox="0 0 16 16" width="15" height="15" aria-hidden="true" focusable="false"><path d=${GLYPHS[name]} /></svg>`;

// Button; one that may not be used says why, and can still be reached.
export function Button({ kind = "plain", glyph, busy, why, onClick, children, ...rest }) {
  const off = Boolean(busy || why);
  return html`
    <button type="button" class=${classes("button", `button-${kind}`)} aria-disabled=${off ? "true" : undefined}
      title=${why || undefined} onClick=${off ? (e) => e.preventDefault() : onClick} ...${rest}>
      ${glyph && html`<${Glyph} name=${glyph} />`}<span>${busy || children}</span>
    </button>`;
}

// Section is a part of a page with a heading that names it.
export const Section = ({ id, title, aside, children, className }) => html`
  <section class=${classes("section", className)} aria-labelledby=${id}>
    <header class="section-head"><h2 id=${id}>${title}</h2>${aside && html`<div class="section-aside">${aside}</div>`}</header>
    ${children}
  </section>`;

// Fact is a term with its value, in a <dl>.
export const Fact = ({ term, children }) => html`<div class="fact"><dt>${term}</dt><dd>${children}</dd></div>`;

// Empty is a place where nothing is yet, and why.
export const Empty = ({ title, children }) => html`
  <div class="empty"><p class="empty-title">${title}</p>${children && html`<div class="empty-text">${children}</div>`}</div>`;

// Loading holds the place of what comes, so that nothing jumps.
export const Loading = ({ lines = 3, what = "Loading" }) => html`
  <div class="loading" role="status"><span class="hidden">${what}…</span>
    ${Array.from({ length: lines }, (_, i) => html`<span key=${i} class="bone" aria-hidden="true"></span>`)}
  </div>`;

// Old tells that what is shown could not be asked for again.
export function Old({ of }) {
  const bad = of.find((r) => r.data && r.error);
  return bad && html`
    <p class="notice notice-warn" role="status"><${Glyph} name="warn" /><span>What is shown may be old: ${bad.error.title}. <button type="button" class="text-button" onClick=${() => of.forEach((r) => r.reload())}>Try again</button></span></p>`;
}

// Failure tells what went wrong, and what can be done.
export function Failure({ error, onRetry, what }) {
  const [asked, setAsked] = useState(false);
  const retry = () => (setAsked(true), Promise.resolve(onRetry()).finally(() => setAsked(false)));
  return html`
    <div class="failure" role="alert">
      <${Glyph} name="warn" />
      <div>
        <p class="failure-title">${what ? `${what}: ` : ""}${error.title || "Something in this page is wrong"}</p>
        ${(error.detail || !error.title) && html`<p>${error.detail || String(error.message)}</p>`}
        ${error.errors?.length > 0 && html`<ul>${error.errors.map((e) => html`<li key=${e.pointer || e.field}>${(e.pointer || e.field) && html`<code>${e.pointer || e.field}</code>`} ${e.detail}</li>`)}</ul>`}
        ${error.request && html`<p class="quiet">Request <code>${error.request}</code>: the server's log names it.</p>`}
        ${onRetry && html`<${Button} glyph="refresh" busy=${asked && "Trying…"} onClick=${retry}>Try again<//>`}
      </div>
    </div>`;
}
