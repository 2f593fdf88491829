// What can be done with a connection. Each is asked for once more.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { connectionPath, post } from "../api.js";
import { fullName } from "../format.js";
import { useWhyNot } from "../session.js";
import { say } from "../announce.js";
import { Confirm } from "../dialog.js";
import { Button } from "../ui.js";
import { Reset } from "./reset.js";

export function Actions({ c, onDone }) {
  const [open, setOpen] = useState(null);
  const whyNot = useWhyNot();
  const why = whyNot("run"), busy = c.running && "It is being synced";
  const close = () => setOpen(null);
  const Dialog = open && DIALOGS[open];
  return html`
    <div class="actions">
      <${Button} kind="primary" glyph="play" why=${why || busy} onClick=${() => setOpen("sync")}>Sync now<//>
      ${c.paused
        ? html`<${Button} glyph="play" why=${why || bySpec(c)} onClick=${() => setOpen("resume")}>Resume<//>`
        : html`<${Button} glyph="pause" why=${why} onClick=${() => setOpen("pause")}>Pause<//>`}
      <${Button} kind="danger" glyph="trash" why=${whyNot("admin") || busy} onClick=${() => setOpen("reset")}>Reset<//>
    </div>
    ${Dialog && html`<${Dialog} c=${c} onClose=${close} onDone=${onDone} />`}`;
}

const bySpec = (c) => c.pausedBy === "spec" && "Its document says that it is paused: change it there";

const DIALOGS = {
  reset: Reset,
  sync: ({ c, onClose, onDone }) => html`
    <${Confirm} title=${`Sync ${fullName(c)} now?`} verb="Sync now" onClose=${onClose}
      act=${async (key) => (await post(connectionPath(c, "syncs"), { kind: "sync" }, { key }), say(`A sync of ${fullName(c)} was asked for.`), onDone())}>
      <p>It goes on from its checkpoint. Its schedule stays as it is.</p>
    <//>`,
  pause: ({ c, onClose, onDone }) => html`
    <${Confirm} title=${`Pause ${fullName(c)}?`} verb="Pause" onClose=${onClose}
      act=${async (key) => (await post(connectionPath(c, "pause"), {}, { key }), say(`${fullName(c)} is paused.`), onDone())}>
      <p>Nothing of it starts by itself until it is resumed.${c.running && " The sync that runs now goes on to its end."}</p>
    <//>`,
  resume: ({ c, onClose, onDone }) => html`
    <${Confirm} title=${`Resume ${fullName(c)}?`} verb="Resume" onClose=${onClose}
      act=${async (key) => (await post(connectionPath(c, "resume"), {}, { key }), say(`${fullName(c)} goes on.`), onDone())}>
      <p>Its schedule (${c.schedule}) holds again.</p>
    <//>`,
};
