// The table of a connection's syncs.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { connectionPath, get } from "../api.js";
import { toSync } from "../route.js";
import { between, bytes, count, plural } from "../format.js";
import { useNow } from "../hooks.js";
import { Status } from "../status.js";
import { Button, Failure, Time } from "../ui.js";

const FIRST = 12;

export function Syncs({ c, syncs }) {
  const [all, setAll] = useState(false);
  const [older, setOlder] = useState({ items: [], next: undefined, error: null, busy: false });
  const items = syncs.data?.items || [];
  if (items.length === 0) return html`<p class="quiet pad">None yet.</p>`;
  const last = items.at(-1).id;
  const shown = all ? items.concat(older.items.filter((s) => s.id < last)) : items.slice(0, FIRST);
  const next = older.next ?? (syncs.data.next || "");
  const more = async () => {
    if (!all && items.length > FIRST) return setAll(true);
    setOlder((o) => ({ ...o, busy: true }));
    try {
      const page = await get(connectionPath(c, "syncs"), { limit: 60, cursor: next });
      setOlder((o) => ({ items: o.items.concat(page.items), next: page.next || "", error: null, busy: false }));
      setAll(true);
    } catch (error) {
      setOlder((o) => ({ ...o, error, busy: false }));
    }
  };
  return html`
    <div class="scroll" tabindex="0" role="group" aria-labelledby="syncs">
      <table class="table syncs">
        <thead><tr><th scope="col" class="num">Sync</th><th scope="col">Status</th><th scope="col">Started</th><th scope="col" class="num">Took</th><th scope="col" class="num">Rows</th><th scope="col" class="num">Size</th><th scope="col" class="why">Why</th></tr></thead>
        <tbody>${shown.map((s) => html`<${SyncRow} key=${s.id} c=${c} s=${s} />`)}</tbody>
      </table>
    </div>
    ${older.error && html`<${Failure} error=${older.error} onRetry=${more} />`}
    ${(next || (!all && items.length > FIRST)) && html`<p class="more"><${Button} busy=${older.busy && "Loading…"} onClick=${more}>Older syncs<//></p>`}`;
}

function SyncRow({ c, s }) {
  const now = useNow(s.status === "running" ? 1000 : 15000);
  return html`
    <tr>
      <th scope="row" class="num"><a href=${toSync(c, s.id)}>${s.id}</a></th>
      <td><${Status} status=${s.status} /></td>
      <td><${Time} at=${s.started} /></td>
      <td class="num">${between(s.started, s.ended, now)}</td>
      <td class="num">${count(s.records)}</td>
      <td class="num">${bytes(s.bytes)}</td>
      <td class="why">${words(s)}</td>
    </tr>`;
}

const REASONS = { schedule: "by schedule", manual: "asked for", retry: "again after a failure" };

function words(s) {
  const parts = [s.kind === "reset" && "reset", REASONS[s.reason] || s.reason, s.attemptCount > 1 && plural(s.attemptCount, "attempt"), s.abandoned && "nobody runs it: the next one goes on with it"].filter(Boolean);
  return html`${s.reasons?.[0] ? html`<span>${s.reasons[0]}${s.reasons.length > 1 && html` <span class="quiet">and ${plural(s.reasons.length - 1, "more reason")}</span>`}</span>` : ""}<span class="sub">${parts.join(", ")}</span>`;
}
