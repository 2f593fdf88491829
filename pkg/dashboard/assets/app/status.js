// How a connection, a sync or an attempt stands: by a shape and a word, and
// only besides these by a colour.
import { html, classes } from "./html.js";

const WORDS = {
  never: "Never run",
  running: "Running",
  succeeded: "Succeeded",
  incomplete: "Incomplete",
  failed: "Failed",
  cancelled: "Cancelled",
  paused: "Paused",
  problem: "Cannot run",
  complete: "Complete",
  waiting: "Waiting",
};

export const word = (status) => WORDS[status] || status;

const SHAPES = {
  succeeded: html`<circle cx="8" cy="8" r="7" fill="currentColor" /><path class="mark" d="M4.8 8.3l2.2 2.2 4.2-4.6" />`,
  failed: html`<path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" fill="currentColor" /><path class="mark" d="M5.6 5.6l4.8 4.8m0-4.8l-4.8 4.8" />`,
  incomplete: html`<path d="M8 1.2c.5 0 .9.2 1.1.6l6 10.8c.5.9-.1 1.9-1.1 1.9H2c-1 0-1.6-1-1.1-1.9l6-10.8c.2-.4.6-.6 1.1-.6z" fill="currentColor" /><path class="mark" d="M8 5.6v3.6M8 11.7v.1" />`,
  running: html`<circle cx="8" cy="8" r="6" class="line faint" /><path class="line turning" d="M8 2a6 6 0 0 1 6 6" />`,
  cancelled: html`<circle cx="8" cy="8" r="6" class="line" /><path class="line" d="M3.9 12.1l8.2-8.2" />`,
  never: html`<circle cx="8" cy="8" r="6" class="line" stroke-dasharray="2.6 2.1" />`,
  paused: html`<rect x="1.5" y="1.5" width="13" height="13" rx="3.5" class="line" /><path class="line" d="M6.2 5.5v5M9.8 5.5v5" />`,
};
SHAPES.complete = SHAPES.succeeded;
SHAPES.problem = SHAPES.failed;
SHAPES.waiting = SHAPES.never;

export const Shape = ({ status }) => html`
  <svg class=${classes("shape", `is-${status}`)} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" focusable="false">
    ${SHAPES[status] || SHAPES.never}
  </svg>`;

export const Status = ({ status, children }) => html`
  <span class=${classes("status", `is-${status}`)}><${Shape} status=${status} /><span>${children || word(status)}</span></span>`;

// standing is what a row shows of a connection: what runs now, else what keeps
// it from running, else how it last ended.
export function standing(c) {
  if (c.running) return "running";
  if (c.problem) return "problem";
  return c.status || "never";
}
