// One connection in the list.
import { memo } from "../memo.js";
import { html, classes } from "../html.js";
import { toConnection } from "../route.js";
import { bytes, count, plural, between } from "../format.js";
import { Shape, Status, standing } from "../status.js";
import { Glyph, Time } from "../ui.js";

export const Row = memo(function Row({ c, index }) {
  const status = standing(c);
  return html`
    <tr class=${classes("row", c.paused && "row-paused")} aria-rowindex=${index + 2}>
      <td class="c-status"><${Status} status=${status} />${c.failuresInRow > 1 && html`<span class="sub bad">${c.failuresInRow} in a row</span>`}</td>
      <th class="c-name" scope="row">
        <a class="row-link" href=${toConnection(c)}>${c.namespace && html`<span class="namespace">${c.namespace}/</span>`}${c.name}</a>
        <span class="sub route-line"><span>${c.source}</span><${Glyph} name="arrow" /><span class="hidden"> to </span><span>${c.destination}</span></span>
      </th>
      <td class="c-schedule"><span class="clip" title=${c.schedule}>${c.schedule}</span><span class="sub">${c.paused ? html`<${Paused} by=${c.pausedBy} />` : html`<${Next} at=${c.next} />`}</span></td>
      <td class="c-last"><${Last} c=${c} /></td>
      <${Volume} c=${c} />
      <td class="c-why"><${Why} c=${c} /></td>
    </tr>`;
});

// Volume is that of the last sync that has ended, also while the next one runs.
const Volume = ({ c }) => {
  const running = c.running ? "quiet" : "", why = c.running ? "Of the sync before" : undefined;
  return html`
    <td class=${classes("c-rows num", running)} title=${why}>${c.last ? count(c.last.records) : ""}</td>
    <td class=${classes("c-size num", running)} title=${why}>${c.last ? bytes(c.last.bytes) : ""}</td>`;
};

const Next = ({ at }) => (at ? html`next <${Time} at=${at} />` : "not due");

const BY = { api: "paused by hand", spec: "paused by its spec", schemaChange: "schema changed" };
export const Paused = ({ by }) => html`<span class="paused-word"><${Shape} status="paused" />${BY[by] || "paused"}</span>`;

function Last({ c }) {
  if (c.running) {
    return html`<${Time} at=${c.running.started} /><span class="sub">${c.running.attempt > 1 ? `attempt ${c.running.attempt}` : "started"}</span>`;
  }
  if (!c.last) return html`<span class="none">–</span>`;
  return html`<${Time} at=${c.last.ended || c.last.started} /><span class="sub"><span class="took">took </span>${between(c.last.started, c.last.ended, Date.now())}</span>`;
}

function Why({ c }) {
  const text = c.problem || (c.last && c.last.status !== "succeeded" && c.last.reasons?.[0]) || "";
  if (!text) return "";
  const more = c.problem ? 0 : c.last.reasons.length - 1;
  return html`<span class="clip-two" title=${text}>${text}${more > 0 && html` <span class="quiet">and ${plural(more, "more reason")}</span>`}</span>`;
}
