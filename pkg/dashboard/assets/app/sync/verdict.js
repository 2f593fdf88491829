// What the ledger proves, or what it does not, in plain words.
import { html } from "../html.js";
import { count, plural } from "../format.js";
import { Shape } from "../status.js";

const TITLES = {
  succeeded: "Everything adds up",
  incomplete: "Both connectors ended well, and yet it does not add up",
  failed: "It failed",
  cancelled: "It was cancelled",
};

const KEPT = "What the destination had committed is kept: the next sync goes on from there, and rows after it are sent again.";

export function Verdict({ s }) {
  const last = s.attempts.at(-1);
  const reasons = last?.reasons?.length ? last.reasons : s.reasons || [];
  return html`
    <section class=${`verdict verdict-${s.status}`} aria-labelledby="verdict">
      <${Shape} status=${s.status} />
      <div>
        <h2 id="verdict">${TITLES[s.status] || s.status}</h2>
        ${s.status === "succeeded"
          ? html`<p>${s.kind === "reset" ? emptied(last?.ledger) : proof(last?.ledger)}</p>`
          : html`${reasons.length > 0 && html`<ul class="reasons">${reasons.map((r) => html`<li key=${r}>${capital(r)}</li>`)}</ul>`}<p class="quiet">${KEPT}${last?.final && " Trying again cannot help before something is changed."}</p>`}
        ${last?.ledger?.notes?.length > 0 && html`<ul class="plain quiet">${last.ledger.notes.map((n) => html`<li key=${n}>Note: ${n}</li>`)}</ul>`}
      </div>
    </section>`;
}

// proof says what was compared; what a side does not count is not claimed.
function proof(ledger) {
  if (!ledger) return "Both connectors ended with exit code 0, and every state is kept.";
  const t = ledger.total, streams = ledger.streams || [];
  const sides = [`${plural(t.relayed, "row")} ${t.relayed === 1 ? "was" : "were"} relayed`];
  sides.push(t.sourceSaid === undefined ? "the source does not count its own" : `the source says ${count(t.sourceSaid)}`);
  sides.push(t.destinationSaid === undefined ? "the destination does not count" : `the destination wrote ${count(t.destinationSaid)}${t.rejected ? ` and rejected ${count(t.rejected)}` : ""}`);
  return `${sides.join(", ")}. ${count(t.statesReturned)} of ${plural(t.statesSent, "state")} came back and are kept; ${streams.length === 1 ? "the stream is" : `all ${streams.length} streams are`} complete; both connectors ended with exit code 0.`;
}

// emptied says what a reset has done.
function emptied(ledger) {
  const n = ledger?.streams?.length || 0;
  return `The destination has emptied ${n === 1 ? "the stream" : `all ${plural(n, "stream")}`}, and where ${n === 1 ? "it goes" : "they go"} on from is forgotten: the next sync reads ${n === 1 ? "it" : "them"} from the beginning.`;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
