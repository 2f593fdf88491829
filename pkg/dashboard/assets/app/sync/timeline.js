// The attempts on one line of time, with the relays that went on with each.
import { html, classes } from "../html.js";
import { between, duration, exactly, clock, plural } from "../format.js";
import { useNow } from "../hooks.js";
import { Shape, Status, word } from "../status.js";
import { Empty } from "../ui.js";

export function Timeline({ s, chosen, onChoose }) {
  const running = s.status === "running";
  const now = useNow(running ? 1000 : 60000);
  if (s.attempts.length === 0) return html`<${Empty} title="No attempt has begun yet" />`;
  const from = +new Date(s.attempts[0].started || s.started);
  const to = running ? now : +new Date(s.ended || s.attempts.at(-1).ended || now);
  const at = (time) => `${(100 * (new Date(time) - from)) / Math.max(to - from, 1)}%`;
  return html`
    <ol class="timeline">
      ${s.attempts.map((a) => html`<${Attempt} key=${a.number} a=${a} at=${at} to=${to} now=${now} several=${s.attempts.length > 1} on=${a === chosen} onChoose=${() => onChoose(a.number)} />`)}
    </ol>
    <p class="timeline-axis quiet" aria-hidden="true"><span>${clock(from)}</span><span>${duration(to - from)}</span><span>${running ? "now" : clock(to)}</span></p>`;
}

function Attempt({ a, at, to, now, several, on, onChoose }) {
  const relays = a.relays || [];
  const lane = { left: at(a.started), width: `calc(${at(a.ended || to)} - ${at(a.started)})` };
  return html`
    <li class=${classes("attempt", on && several && "attempt-on")}>
      <div class="attempt-head">
        ${several ? html`<button type="button" class="attempt-name" aria-pressed=${on ? "true" : "false"} title="Show its ledger and log" onClick=${onChoose}>Attempt ${a.number}</button>` : html`<span class="attempt-name">Attempt ${a.number}</span>`}
        <${Status} status=${a.status} />
        <span class="quiet num">${between(a.started, a.ended, now)}</span>
      </div>
      <div class="lane" aria-hidden="true">
        <span class=${classes("lane-bar", `is-${a.status}`)} style=${lane} title=${`Attempt ${a.number}: ${word(a.status).toLowerCase()}`}></span>
        ${relays.map((r) => html`<span key=${r.epoch} class="lane-relay" style=${{ left: at(r.at) }} title=${`Epoch ${r.epoch}: another relay went on, ${exactly(r.at)}`}></span>`)}
      </div>
      <details class="attempt-more" open=${relays.length > 0 && !several}>
        <summary>${relays.length > 0 ? `${plural(relays.length, "relay")} went on with it` : "Details"}</summary>
        <ul class="plain">
          <li><time datetime=${a.started}>${a.started ? clock(a.started) : "–"}</time> began, epoch ${a.epoch}</li>
          ${relays.map((r) => html`<li key=${r.epoch}><time datetime=${r.at}>${r.at ? clock(r.at) : "–"}</time> attached again by <span title=${r.holder}>${holder(r.holder)}</span>, epoch ${r.epoch}; the connectors ran on</li>`)}
          ${a.ended && html`<li><time datetime=${a.ended}>${clock(a.ended)}</time> ${word(a.status).toLowerCase()}</li>`}
          ${a.reasons?.map((r) => html`<li key=${r} class="attempt-why"><${Shape} status=${a.status} /> ${r}</li>`)}
        </ul>
      </details>
    </li>`;
}

// holder is the part of a holder's name that people know: its host, and its
// process.
function holder(name) {
  const [host, pid] = name.split("/");
  return pid ? `${host} (process ${pid})` : host;
}
