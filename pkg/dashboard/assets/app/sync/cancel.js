// Ending a running sync.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { connectionPath, post } from "../api.js";
import { useWhyNot } from "../session.js";
import { say } from "../announce.js";
import { Confirm } from "../dialog.js";
import { Button } from "../ui.js";

export function Cancel({ c, s, onDone }) {
  const [open, setOpen] = useState(false);
  const why = useWhyNot()("run") || (s.cancelling && "It was asked to end");
  const act = async (key) => {
    await post(connectionPath(c, "syncs", String(s.id), "cancel"), {}, { key });
    say(`Sync ${s.id} was asked to end.`);
    onDone();
  };
  return html`
    <div class="actions">
      <${Button} kind="danger" glyph="stop" why=${why} onClick=${() => setOpen(true)}>${s.cancelling ? "Ending…" : "Cancel"}<//>
      ${open && html`
        <${Confirm} title=${`Cancel sync ${s.id}?`} verb="Cancel the sync" danger act=${act} onClose=${() => setOpen(false)}>
          <p>The source is asked to end, and the destination commits what it was sent. That is kept: the next sync goes on from there.</p>
        <//>`}
    </div>`;
}
