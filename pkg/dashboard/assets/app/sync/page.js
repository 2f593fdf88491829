// A sync.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { connectionPath } from "../api.js";
import { useNow, useResource, useTitle } from "../hooks.js";
import { useOnChange } from "../changes.js";
import { between, bytes, count, fullName, streamName } from "../format.js";
import { Status } from "../status.js";
import { Fact, Failure, Loading, Old, Section, Time } from "../ui.js";
import { Crumbs } from "../crumbs.js";
import { Cancel } from "./cancel.js";
import { Verdict } from "./verdict.js";
import { Ledger } from "./ledger.js";
import { Progress } from "./progress.js";
import { Timeline } from "./timeline.js";
import { Logs } from "./logs.js";
import { useProgress } from "./live.js";

export function SyncPage({ route }) {
  const c = { namespace: route.namespace, name: route.name };
  const path = connectionPath(c, "syncs", String(route.id));
  useTitle(`Sync ${route.id} of ${fullName(c)}`);
  const sync = useResource(path);
  const [chosen, setChosen] = useState(null);
  const running = sync.data?.status === "running";
  const progress = useProgress(running && path, sync.reload);
  useOnChange((row) => {
    if (row === null || (row.name === c.name && (row.namespace || "-") === c.namespace)) sync.reload();
  });
  if (!sync.data) {
    return html`<${Crumbs} c=${c} />${sync.error ? html`<${Failure} what=${`Sync ${route.id}`} error=${sync.error} onRetry=${sync.reload} />` : html`<${Loading} lines=${8} />`}`;
  }
  const s = sync.data;
  const attempt = s.attempts.find((a) => a.number === chosen) || s.attempts.at(-1);
  const live = running && attempt === s.attempts.at(-1);
  return html`
    <${Crumbs} c=${c} />
    <div class="page-head page-head-tall">
      <div><h1>Sync ${s.id} <${Status} status=${s.status} />${s.cancelling && html`<span class="tag">ending</span>`}</h1></div>
      ${running && html`<${Cancel} c=${c} s=${s} onDone=${sync.reload} />`}
    </div>
    <${Old} of=${[sync]} />
    <${Facts} s=${s} progress=${progress} />
    ${!running && html`<${Verdict} s=${s} />`}
    <${Section} id="attempts" title="Attempts"><${Timeline} s=${s} chosen=${attempt} onChoose=${setChosen} /><//>
    ${live && html`<${Section} id="progress" title="Progress"><${Progress} progress=${progress} ledger=${attempt?.ledger} /><//>`}
    ${!live && attempt && html`<${Section} id="ledger" title="Ledger" aside=${html`<${Which} s=${s} attempt=${attempt} />`}><${Ledger} attempt=${attempt} /><//>`}
    ${attempt && html`<${Logs} key=${attempt.number} path=${path} attempt=${attempt.number} live=${live} several=${s.attempts.length > 1} />`}`;
}

const Which = ({ s, attempt }) => (s.attempts.length > 1 ? html`<span class="quiet">of attempt ${attempt.number}</span>` : "");

const KINDS = { sync: "sync", reset: "reset" };
const REASONS = { schedule: "its schedule", manual: "somebody asked for it", retry: "the one before failed" };

function Facts({ s, progress }) {
  const now = useNow(s.status === "running" ? 1000 : 15000);
  const records = s.status === "running" && progress ? progress.records : s.records;
  const size = s.status === "running" && progress ? progress.bytes : s.bytes;
  return html`
    <dl class="facts">
      <${Fact} term="Started"><${Time} at=${s.started} /><//>
      <${Fact} term=${s.status === "running" ? "Running for" : "Took"}>${between(s.started, s.ended, now)}<//>
      <${Fact} term="Rows">${count(records)}<//>
      <${Fact} term="Size">${bytes(size)}<//>
      <${Fact} term="Kind">${KINDS[s.kind] || s.kind}${s.refresh?.length > 0 && html` <span class="quiet">${s.kind === "reset" ? "of" : "that reads anew"} ${s.refresh.map(streamName).join(", ")}</span>`}<//>
      ${s.reason && html`<${Fact} term="Because">${REASONS[s.reason] || s.reason}<//>`}
      ${s.due && html`<${Fact} term="Due"><${Time} at=${s.due} /><//>`}
    </dl>`;
}
