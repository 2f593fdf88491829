// The streams of a connection, and refreshing or emptying one.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { connectionPath, post } from "../api.js";
import { count, streamName } from "../format.js";
import { useWhyNot } from "../session.js";
import { say } from "../announce.js";
import { Confirm } from "../dialog.js";
import { Button, Empty, Section } from "../ui.js";
import { Reset } from "./reset.js";

const MODES = { full_refresh: "Full refresh", incremental: "Incremental" };
const TO = { append: "append", overwrite: "overwrite", append_dedup: "append, dedup", overwrite_dedup: "overwrite, dedup", update: "update", soft_delete: "soft delete" };
const SOURCE_DECIDES = html`<span class="none" title="As the source's catalog has it">by the source</span>`;

export function Streams({ c, onDone }) {
  const [open, setOpen] = useState(null);
  const whyNot = useWhyNot();
  const why = (scope, s) => whyNot(scope) || (c.running && "It is being synced") || (s.selected === false && "The connection does not select it");
  return html`
    <${Section} id="streams" title="Streams">
      ${c.streams.length === 0 ? html`<${Empty} title="No streams are named"><p>The connection moves what its source has; the first sync tells.</p><//>` : html`
      <div class="scroll" tabindex="0" role="group" aria-labelledby="streams">
        <table class="table">
          <thead><tr><th scope="col">Stream</th><th scope="col">Mode</th><th scope="col">Cursor</th><th scope="col">Primary key</th><th scope="col" class="num">Generation</th><th scope="col">Goes on from</th><th scope="col"><span class="hidden">Actions</span></th></tr></thead>
          <tbody>${c.streams.map((s) => html`
            <tr key=${streamName(s)}>
              <th scope="row">${streamName(s)}${s.selected === false && html` <span class="tag">not selected</span>`}</th>
              <td>${s.syncMode ? html`${MODES[s.syncMode] || s.syncMode}${s.destinationSyncMode && html`<span class="quiet">, ${TO[s.destinationSyncMode] || s.destinationSyncMode}</span>`}` : SOURCE_DECIDES}</td>
              <td>${s.cursorField?.length ? html`<code>${s.cursorField.join(".")}</code>` : html`<span class="none">–</span>`}</td>
              <td>${s.primaryKey?.length ? html`<code>${s.primaryKey.map((k) => k.join(".")).join(", ")}</code>` : html`<span class="none">–</span>`}</td>
              <td class="num">${count(s.generation)}</td>
              <td>${s.state ? "its checkpoint" : "the beginning"}</td>
              <td class="end"><div class="actions actions-end">
                <${Button} kind="small" glyph="refresh" why=${why("run", s)} aria-label=${`Refresh ${streamName(s)}`} onClick=${() => setOpen({ dialog: Refresh, s })}>Refresh<//>
                <${Button} kind="small" glyph="trash" why=${why("admin", s)} aria-label=${`Reset ${streamName(s)}`} onClick=${() => setOpen({ dialog: Reset, s })}>Reset<//>
              </div></td>
            </tr>`)}</tbody>
        </table>
      </div>`}
      ${open && html`<${open.dialog} c=${c} stream=${open.s} onClose=${() => setOpen(null)} onDone=${onDone} />`}
    <//>`;
}

function Refresh({ c, stream, onClose, onDone }) {
  const name = streamName(stream);
  const act = async (key) => {
    const refresh = [{ name: stream.name, ...(stream.namespace && { namespace: stream.namespace }) }];
    await post(connectionPath(c, "syncs"), { kind: "sync", refresh }, { key });
    say(`A sync that reads ${name} anew was asked for.`);
    onDone();
  };
  return html`
    <${Confirm} title=${`Refresh ${name}?`} verb="Refresh" danger act=${act} onClose=${onClose}>
      <p>A sync starts now and reads <strong>${name}</strong> from the beginning. Its checkpoint is forgotten, and its generation becomes ${stream.generation + 1}. The other streams go on from theirs.</p>
    <//>`;
}
