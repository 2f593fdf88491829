// Emptying streams at the destination.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { connectionPath, post } from "../api.js";
import { fullName, plural, streamName } from "../format.js";
import { say } from "../announce.js";
import { Confirm } from "../dialog.js";
import { Time } from "../ui.js";

// Reset of one stream, or of all that the connection selects. All are so much
// that the connection's name has to be written.
export function Reset({ c, stream, onClose, onDone }) {
  const [written, setWritten] = useState("");
  const name = fullName(c);
  const what = stream ? streamName(stream) : name;
  const act = async (key) => {
    const refresh = stream && [{ name: stream.name, ...(stream.namespace && { namespace: stream.namespace }) }];
    await post(connectionPath(c, "syncs"), { kind: "reset", ...(refresh && { refresh }) }, { key });
    say(`A reset of ${what} was asked for.`);
    onDone();
  };
  const off = !stream && written.trim() !== name && `Write ${name} to confirm`;
  return html`
    <${Confirm} title=${`Reset ${what}?`} verb=${stream ? `Delete its rows` : "Delete all rows"} danger act=${act} onClose=${onClose} disabled=${off}>
      <p>${stream
        ? html`All rows of <strong>${what}</strong> are deleted from the destination <strong>${c.destination}</strong>, now, and its checkpoint is forgotten. The other streams stay as they are.`
        : html`All rows of ${of(c)} are deleted from the destination <strong>${c.destination}</strong>, now, and where the connection goes on from is forgotten.`}</p>
      <p>The source is not touched. <strong>This cannot be undone:</strong> the next sync reads ${stream ? "the stream" : "everything"} from the beginning, and brings back only what the source still has. ${next(c)}</p>
      ${!stream && html`
        <label for="reset-name">Write <strong>${name}</strong> to confirm</label>
        <input id="reset-name" class="input" data-first autocomplete="off" autocapitalize="off" spellcheck=${false} value=${written} onInput=${(e) => setWritten(e.target.value)} />`}
    <//>`;
}

function of(c) {
  const all = c.streams.filter((s) => s.selected !== false).map(streamName);
  if (all.length === 0 || all.length > 8) return html`<strong>${all.length === 0 ? "all streams" : `its ${plural(all.length, "stream")}`}</strong>`;
  return html`<strong>${all.join(", ")}</strong>`;
}

// next is what brings the rows back, and when.
function next(c) {
  if (c.paused) return "It is paused: nothing starts that sync by itself.";
  return c.next ? html`It is due <${Time} at=${c.next} /> by its schedule.` : "Nothing starts that sync by itself.";
}
