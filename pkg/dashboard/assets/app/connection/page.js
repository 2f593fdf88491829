// A connection.
import { html } from "../html.js";
import { connectionPath } from "../api.js";
import { useGathered, useResource, useTitle } from "../hooks.js";
import { useOnChange } from "../changes.js";
import { toSync } from "../route.js";
import { fullName, plural } from "../format.js";
import { Shape, Status, standing } from "../status.js";
import { Empty, Fact, Failure, Glyph, Loading, Old, Section, Time } from "../ui.js";
import { Paused } from "../list/row.js";
import { Crumbs } from "../crumbs.js";
import { Actions } from "./actions.js";
import { Strip } from "./strip.js";
import { Chart } from "./chart.js";
import { Streams } from "./streams.js";
import { State } from "./state.js";
import { getState } from "./positions.js";
import { SchemaChange } from "./schema.js";
import { Syncs } from "./syncs.js";

// SHOWN is how many of the last syncs the strip and the chart have.
const SHOWN = 60;

export function ConnectionPage({ route }) {
  const ref = { namespace: route.namespace, name: route.name };
  useTitle(fullName(ref));
  const detail = useResource(connectionPath(ref));
  const syncs = useResource(connectionPath(ref, "syncs"), { limit: SHOWN });
  const state = useResource(connectionPath(ref, "state"), undefined, getState);
  const all = [detail, syncs, state];
  const reload = useGathered(() => all.forEach((r) => r.reload()), 150);
  useOnChange((row) => {
    if (row === null || (row.name === ref.name && (row.namespace || "-") === ref.namespace)) reload();
  });
  // The parts come in any order, and would push each other about.
  if (!detail.data || !all.every((r) => r.data || r.error)) {
    return html`<${Crumbs} c=${ref} />${!detail.data && detail.error ? html`<${Failure} what=${fullName(ref)} error=${detail.error} onRetry=${detail.reload} />` : html`<${Loading} lines=${8} />`}`;
  }
  const c = detail.data;
  return html`
    <${Crumbs} />
    <${Head} c=${c} onDone=${reload} />
    <${Old} of=${all} />
    <${Notices} c=${c} />
    <${Facts} c=${c} />
    ${c.schemaChange && html`<${SchemaChange} change=${c.schemaChange} />`}
    <${Recent} c=${c} syncs=${syncs} />
    <${Streams} c=${c} onDone=${reload} />
    <${State} c=${c} state=${state} onDone=${reload} />
    <${Section} id="syncs" title="Syncs"><${Syncs} c=${c} syncs=${syncs} /><//>`;
}

const Head = ({ c, onDone }) => html`
  <div class="page-head page-head-tall">
    <div>
      <h1>${fullName(c)} <${Status} status=${standing(c)} />${c.paused && html`<${Status} status="paused" />`}</h1>
      <p class="route-line route-big"><a href="#/sources">${c.source}</a><${Glyph} name="arrow" /><span class="hidden"> to </span><a href="#/destinations">${c.destination}</a></p>
    </div>
    <${Actions} c=${c} onDone=${onDone} />
  </div>`;

// Notices are what somebody should know before anything else.
function Notices({ c }) {
  const last = c.last && c.last.status !== "succeeded" ? c.last : null;
  return html`
    ${c.running && html`
      <p class="notice notice-running"><${Shape} status="running" /><span>${c.running.id ? html`<a href=${toSync(c, c.running.id)}>Sync ${c.running.id}</a>` : "A sync"} is running${c.running.attempt > 1 && `, attempt ${c.running.attempt}`}. It began <${Time} at=${c.running.started} every=${1000} />${c.running.cancelling && " and was asked to end"}.</span></p>`}
    ${c.problem && html`<div class="notice notice-bad"><${Shape} status="failed" /><span><strong>It cannot run:</strong> ${c.problem}</span></div>`}
    ${!c.running && last && last.status !== "cancelled" && html`
      <div class=${`notice notice-${last.status === "failed" ? "bad" : "warn"}`}><${Shape} status=${last.status} /><div>
        <a href=${toSync(c, last.id)}>Sync ${last.id}</a> ${last.status === "failed" ? "failed" : "did not add up"}${c.failuresInRow > 1 && html`, the ${ordinal(c.failuresInRow)} in a row`}:
        ${last.reasons?.length === 1 ? html` ${last.reasons[0]}.` : html`<ul>${last.reasons?.map((r) => html`<li key=${r}>${r}</li>`)}</ul>`}
      </div></div>`}`;
}

const ordinal = (n) => `${n}${["th", "st", "nd", "rd"][n % 100 > 10 && n % 100 < 14 ? 0 : n % 10] || "th"}`;

const Facts = ({ c }) => html`
  <dl class="facts">
    <${Fact} term="Schedule">${c.schedule}<//>
    <${Fact} term="Next">${c.paused ? html`<${Paused} by=${c.pausedBy} />` : html`<${Time} at=${c.next} />`}<//>
    <${Fact} term="Last sync">${c.last ? html`<a href=${toSync(c, c.last.id)}><${Time} at=${c.last.ended || c.last.started} /></a>` : "never"}<//>
    <${Fact} term="Streams">${plural(c.streams.filter((s) => s.selected !== false).length, "stream")}<//>
    <${Fact} term="Failures in a row">${c.failuresInRow}<//>
  </dl>`;

// first is how a connection that was never synced comes to it.
function first(c) {
  if (c.next) return html`It is due <${Time} at=${c.next} /> by its schedule.`;
  if (c.problem) return "What keeps it from running has to be mended first.";
  return `${c.paused ? "It is paused" : "It has no schedule"}: start it by “Sync now”.`;
}

function Recent({ c, syncs }) {
  const items = syncs.data?.items;
  if (!items) return syncs.error ? html`<${Failure} what="Its syncs" error=${syncs.error} onRetry=${syncs.reload} />` : html`<${Loading} lines=${4} />`;
  if (items.length === 0) return html`<${Section} id="recent" title="Last syncs"><${Empty} title="It has not been synced yet"><p>${first(c)}</p><//><//>`;
  return html`
    <${Section} id="recent" title="Last syncs" aside=${html`<span class="quiet">newest on the right</span>`}><${Strip} c=${c} syncs=${items} /><//>
    <${Section} id="volume" title="Rows and bytes"><${Chart} syncs=${items} /><//>`;
}
