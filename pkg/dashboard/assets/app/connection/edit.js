// Replacing where a connection goes on from. What will happen is said while it
// is written, and nothing is sent that is no JSON.
import { useMemo, useState } from "preact/hooks";
import { html } from "../html.js";
import { connectionPath } from "../api.js";
import { fullName } from "../format.js";
import { say } from "../announce.js";
import { Confirm } from "../dialog.js";
import { judge, putState, whole } from "./positions.js";

export function EditState({ c, before: given, onClose, onDone }) {
  const [before] = useState(given); // what was there when it was opened
  const [text, setText] = useState(() => whole(before.node));
  const judged = useMemo(() => judge(before.node, text), [text]);
  const act = async () => {
    await putState(connectionPath(c, "state"), text, before.tag);
    say(`The state of ${fullName(c)} was replaced.`);
    onDone();
  };
  const off = (judged.wrong && "What is written is no state") || (judged.same && "Nothing is changed");
  return html`
    <${Confirm} wide title=${`Edit the state of ${fullName(c)}`} verb="Replace the state" danger act=${act} onClose=${onClose} disabled=${off}>
      <p id="state-help">The source goes on from exactly what is written here. What is left out is forgotten: it is read from the beginning. Rows at the destination stay as they are, so what is read again arrives again.</p>
      <label for="state-text">State, as JSON</label>
      <textarea id="state-text" class="input state-text" data-first rows="12" spellcheck=${false} autocapitalize="off" autocomplete="off"
        aria-invalid=${judged.wrong ? "true" : "false"} aria-describedby="state-help state-judged" value=${text} onInput=${(e) => setText(e.target.value)}></textarea>
      <div id="state-judged" class="judged" role="status"><${Judged} judged=${judged} /></div>
    <//>`;
}

function Judged({ judged }) {
  if (judged.wrong) return html`<p class="bad">${judged.wrong}</p>`;
  if (judged.same) return html`<p>Nothing is changed yet.</p>`;
  const { changed, added, forgotten } = judged.effects;
  const lines = [[changed, "from another position"], [added, "from a position that is new"], [forgotten, "from the beginning: its position is forgotten"]].filter(([all]) => all.length > 0);
  if (lines.length === 0) return html`<p>The same positions, written otherwise.</p>`;
  return html`<p>The next sync goes on:</p><ul>${lines.map(([all, how]) => html`<li key=${how}><strong>${all.join(", ")}</strong> ${how}</li>`)}</ul>`;
}
