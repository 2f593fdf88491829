// The streams of a running sync.
import { html } from "../html.js";
import { bytes, count, compact, streamName } from "../format.js";
import { Status } from "../status.js";
import { Empty } from "../ui.js";

const SAID = { STARTED: "running", RUNNING: "running", COMPLETE: "complete", INCOMPLETE: "incomplete" };

// Progress is what the stream of events tells. Until it has told anything, it is
// what the ledger said when the page was opened.
export function Progress({ progress: told, ledger }) {
  const progress = told || { streams: (ledger?.streams || []).map(ofLedger) };
  if (!progress.streams?.length) return html`<${Empty} title="Nothing has moved yet"><p>The connectors are being started.</p><//>`;
  return html`
    <p class="pad quiet speed">${progress.rate !== null && progress.rate !== undefined ? html`${count(Math.round(progress.rate))} rows a second, ${bytes(progress.byteRate)} a second` : "Measuring the speed…"}</p>
    <div class="scroll" tabindex="0" role="group" aria-labelledby="progress">
      <table class="table">
        <thead><tr><th scope="col">Stream</th><th scope="col">Status</th><th scope="col" class="num">Relayed</th><th scope="col" class="num">Committed</th><th scope="col" class="num">Size</th><th scope="col" class="wide">Of the source's estimate</th></tr></thead>
        <tbody>${progress.streams.map((s) => html`
          <tr key=${streamName(s.stream)}>
            <th scope="row">${streamName(s.stream)}</th>
            <td><${Status} status=${s.complete ? "complete" : SAID[s.status] || (s.read > 0 ? "running" : "waiting")} /></td>
            <td class="num">${count(s.read)}</td>
            <td class="num">${count(s.written)}</td>
            <td class="num">${bytes(s.bytes)}</td>
            <td class="wide"><${Share} read=${s.read} estimate=${s.estimate} complete=${s.complete} name=${streamName(s.stream)} /></td>
          </tr>`)}</tbody>
      </table>
    </div>`;
}

const ofLedger = (s) => ({ ...s, read: s.relayed, written: s.destinationSaid });

// Share is how much of an estimate is there. An estimate may be too low: the
// bar ends at its end all the same.
function Share({ read, estimate, complete, name }) {
  if (!estimate) return html`<span class="none">no estimate</span>`;
  const percent = complete ? 100 : Math.min(99, Math.floor((100 * read) / estimate));
  return html`<span class="share"><progress max="100" value=${percent} aria-label=${`${name}: part of the estimate`}></progress><span class="num">${percent} % <span class="quiet">of ${compact(estimate)}</span></span></span>`;
}
