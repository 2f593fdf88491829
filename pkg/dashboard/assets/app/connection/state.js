// Where a connection goes on from: the source's own states.
import { html } from "../html.js";
import { plural, streamName } from "../format.js";
import { Empty, Failure, Loading, Section } from "../ui.js";

export function State({ state }) {
  return html`<${Section} id="state" title="Cursor state" aside=${state.data?.kind && html`<span class="tag">${state.data.kind}</span>`}><${Body} state=${state} /><//>`;
}

function Body({ state }) {
  if (!state.data) return state.error ? html`<${Failure} error=${state.error} onRetry=${state.reload} />` : html`<${Loading} lines=${2} />`;
  const rows = positions(state.data);
  if (rows.length === 0) return html`<${Empty} title="There is no state yet"><p>The next sync reads everything.</p><//>`;
  return html`
    <div class="scroll" tabindex="0" role="group" aria-labelledby="state">
      <table class="table state">
        <thead><tr><th scope="col">Of</th><th scope="col">Position</th></tr></thead>
        <tbody>${rows.map((r) => html`<tr key=${r.of}><th scope="row">${r.of}</th><td><${Json} value=${r.value} of=${r.of} /></td></tr>`)}</tbody>
      </table>
    </div>`;
}

// positions are the rows of a state of any kind.
function positions({ state, kind }) {
  if (!state || (Array.isArray(state) && state.length === 0)) return [];
  if (!Array.isArray(state)) return [{ of: "the whole source", value: state }];
  return state.flatMap((s) => {
    if (s.stream) return [{ of: streamName(s.stream.stream_descriptor), value: s.stream.stream_state }];
    if (s.global) {
      const parts = (s.global.stream_states || []).map((x) => ({ of: streamName(x.stream_descriptor), value: x.stream_state }));
      return [{ of: "all streams", value: s.global.shared_state }, ...parts];
    }
    return [{ of: kind === "LEGACY" ? "the whole source" : "unknown", value: s.data ?? s }];
  });
}

// Json is short on the line, and whole when it is asked for.
function Json({ value, of }) {
  const line = JSON.stringify(value) ?? "null";
  if (line.length <= 100) return html`<code>${line}</code>`;
  return html`<details><summary><code>${line.slice(0, 90)}…</code><span class="quiet"> ${plural(line.length, "character")}</span></summary><pre tabindex="0" aria-label=${`State of ${of}`}>${JSON.stringify(value, null, 2)}</pre></details>`;
}
