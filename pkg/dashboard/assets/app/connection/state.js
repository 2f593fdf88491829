// Where a connection goes on from: the source's own states, and changing them.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { plural } from "../format.js";
import { write } from "../json.js";
import { useWhyNot } from "../session.js";
import { Button, Empty, Failure, Loading, Section } from "../ui.js";
import { EditState } from "./edit.js";
import { positions, whole } from "./positions.js";

export function State({ c, state, onDone }) {
  const [open, setOpen] = useState(false);
  const why = useWhyNot()("admin") || (c.running && "It is being synced");
  const aside = state.data && html`<div class="actions">${state.data.kind && html`<span class="tag">${state.data.kind}</span>`}<${Button} kind="small" glyph="edit" why=${why} aria-label="Edit the state" onClick=${() => setOpen(true)}>Edit<//></div>`;
  return html`
    <${Section} id="state" title="Cursor state" aside=${aside}><${Body} state=${state} /><//>
    ${open && html`<${EditState} c=${c} before=${state.data} onClose=${() => setOpen(false)} onDone=${onDone} />`}`;
}

function Body({ state }) {
  if (!state.data) return state.error ? html`<${Failure} error=${state.error} onRetry=${state.reload} />` : html`<${Loading} lines=${2} />`;
  const rows = positions(state.data.node);
  if (rows.length === 0) return html`<${Empty} title="There is no state yet"><p>The next sync reads everything.</p><//>`;
  return html`
    <div class="scroll" tabindex="0" role="group" aria-labelledby="state">
      <table class="table state">
        <thead><tr><th scope="col">Of</th><th scope="col">Position</th></tr></thead>
        <tbody>${rows.map((r) => html`<tr key=${r.of}><th scope="row">${r.of}</th><td><${Json} value=${r.value} of=${r.of} /></td></tr>`)}</tbody>
      </table>
    </div>`;
}

// Json is short on the line, and whole when it is asked for.
function Json({ value, of }) {
  const line = write(value);
  if (line.length <= 100) return html`<code>${line}</code>`;
  return html`<details><summary><code>${line.slice(0, 90)}…</code><span class="quiet"> ${plural(line.length, "character")}</span></summary><pre tabindex="0" aria-label=${`State of ${of}`}>${whole(value)}</pre></details>`;
}
