// The ledger of an attempt: what each side said, and the lines that do not add
// up.
import { html, classes } from "../html.js";
import { bytes, count, NONE, plural, streamName } from "../format.js";
import { Status } from "../status.js";
import { Empty, Glyph } from "../ui.js";

export function Ledger({ attempt }) {
  const ledger = attempt.ledger;
  if (!ledger) return html`<${Empty} title="There is no ledger"><p>This attempt ended before a row moved, or its relay died without one.</p><//>`;
  return html`
    <div class="scroll" tabindex="0" role="group" aria-labelledby="ledger">
      <table class="table ledger">
        <thead><tr><th scope="col">Stream</th><th scope="col" class="num">Source said</th><th scope="col" class="num">Relayed</th><th scope="col" class="num">Destination said</th><th scope="col" class="num">Rejected</th><th scope="col" class="num">Size</th><th scope="col" class="num">States</th><th scope="col">Status</th></tr></thead>
        ${(ledger.streams || []).map((s) => html`<${Stream} key=${streamName(s.stream)} s=${s} />`)}
        <tfoot><tr><th scope="row">Total</th><${Cells} c=${ledger.total} /><td></td></tr></tfoot>
      </table>
    </div>
    <div class="sides"><${Side} name="Source" side=${ledger.source} /><${Side} name="Destination" side=${ledger.destination} /></div>`;
}

const Stream = ({ s }) => html`
  <tbody>
    <tr>
      <th scope="row">${streamName(s.stream)}</th>
      <${Cells} c=${s} />
      <td><${Status} status=${s.complete ? "complete" : "incomplete"}>${s.complete ? "Complete" : s.status ? `Last said ${s.status.toLowerCase()}` : "Not complete"}<//></td>
    </tr>
    ${s.reasons?.map((r) => html`<tr key=${r} class="ledger-why"><td colspan="8"><${Glyph} name="warn" /> ${r}</td></tr>`)}
  </tbody>`;

// Cells are the counts. One side's number is compared with what was relayed
// under the states that carry it, which need not be everything. Of a stream of
// which nothing came neither side has said anything.
const Cells = ({ c }) => html`
  <${Cell} bad=${c.sourceSaid !== undefined && c.sourceSaid !== c.sourceCovered}>${said(c.sourceSaid, c)}<//>
  <td class="num">${count(c.relayed)}</td>
  <${Cell} bad=${c.destinationSaid !== undefined && c.destinationSaid + (c.rejected || 0) !== c.destinationCovered}>${said(c.destinationSaid, c)}<//>
  <td class="num">${c.rejected === undefined ? NONE : count(c.rejected)}</td>
  <td class="num">${bytes(c.bytes)}</td>
  <${Cell} bad=${c.statesReturned < c.statesSent}>${count(c.statesReturned)}/${count(c.statesSent)}<//>`;

const Cell = ({ bad, children }) => html`
  <td class=${classes("num", bad && "off")}>${bad && html`<${Glyph} name="warn" /><span class="hidden">does not add up: </span>`}${children}</td>`;

function said(n, c) {
  if (n !== undefined) return count(n);
  return c.relayed || c.statesSent ? html`<span class="none" title="This side does not count">does not count</span>` : html`<span class="none">${NONE}</span>`;
}

function Side({ name, side }) {
  if (!side) return "";
  return html`
    <section class="side" aria-label=${name}>
      <h3>${name}</h3>
      <p>${exit(side.exit)}</p>
      <p class="quiet">${plural(side.lines || 0, "line")}, ${plural(side.logLines || 0, "of them log", "of them log")}; ${bytes(side.bytes)}</p>
      ${side.errors?.map((e) => html`<p key=${e.message} class="side-error"><${Glyph} name="warn" /> ${e.stream && html`<strong>${streamName(e.stream)}: </strong>`}${e.message}${e.failureType && html` <code>${e.failureType}</code>`}</p>`)}
      ${Object.entries(side.unconfigured || {}).map(([stream, n]) => html`<p key=${stream} class="quiet">${plural(n, "line")} of ${stream}, which is not part of this connection, left out</p>`)}
      ${side.unknownStates > 0 && html`<p>${plural(side.unknownStates, "state")} that ${side.unknownStates === 1 ? "was" : "were"} never sent came back</p>`}
    </section>`;
}

// exit says how a connector ended.
function exit(e) {
  if (!e) return html`<span class="none">How it ended is not known</span>`;
  const more = [e.signal, e.oom && "out of memory", e.terminated && "after it was asked to end", e.leftOver && "children of it were ended", e.reason].filter(Boolean);
  return html`Exit code <strong class=${e.code === 0 ? "" : "bad"}>${e.code}</strong>${more.length > 0 && ` (${more.join(", ")})`}`;
}
