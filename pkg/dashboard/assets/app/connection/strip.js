// The last syncs, one beside the other: how each ended by shape and colour, how
// much it moved by height.
import { useLayoutEffect, useRef } from "preact/hooks";
import { html, classes } from "../html.js";
import { toSync } from "../route.js";
import { bytes, exactly, plural } from "../format.js";
import { Shape, word } from "../status.js";

export function Strip({ c, syncs }) {
  const ref = useRef(null);
  useLayoutEffect(() => {
    ref.current.scrollLeft = ref.current.scrollWidth; // the newest are in sight
  }, [syncs[0].id]);
  const most = Math.max(1, ...syncs.map((s) => s.records));
  return html`
    <ol ref=${ref} class="strip">
      ${syncs.toReversed().map((s) => html`
        <li key=${s.id}>
          <a class=${classes("strip-sync", `is-${s.status}`)} href=${toSync(c, s.id)} title=${sentence(s)}>
            <span class="strip-bar" aria-hidden="true"><span style=${{ height: `${height(s.records, most)}%` }}></span></span>
            <${Shape} status=${s.status} />
            <span class="hidden">${sentence(s)}</span>
          </a>
        </li>`)}
    </ol>`;
}

// height is by the square root, so that small syncs can be seen beside large
// ones.
const height = (records, most) => Math.max(3, Math.round(100 * Math.sqrt(records / most)));

const sentence = (s) => `Sync ${s.id}: ${word(s.status).toLowerCase()}, ${plural(s.records, "row")}, ${bytes(s.bytes)}${s.started ? `, ${exactly(s.started)}` : ""}`;
