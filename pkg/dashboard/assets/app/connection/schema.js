// How the source's catalog has changed.
import { html } from "../html.js";
import { plural, streamName } from "../format.js";
import { Section, Time } from "../ui.js";

const SIGNS = { added: "+", removed: "−", changed: "~" };

export const SchemaChange = ({ change }) => html`
  <${Section} id="schema" title="Schema changes" aside=${html`<span class="quiet">found <${Time} at=${change.found} /></span>`}>
    ${change.breaking && html`<p class="notice notice-bad"><span>The connection cannot be synced as it is written: a cursor, a key or a stream that it names is gone.</span></p>`}
    <ul class="changes">
      ${change.changes.map((s) => html`
        <li key=${streamName(s.stream)}>
          <${Sign} change=${s.change} /><strong>${streamName(s.stream)}</strong> <span class="quiet">stream ${s.change}${s.fields?.length > 0 && `, ${plural(s.fields.length, "field")}`}</span>
          ${s.fields?.length > 0 && html`<ul>${s.fields.map((f) => html`<li key=${f.path.join(".")}><${Sign} change=${f.change} /><code>${f.path.join(".")}</code> <span class="quiet">${f.change}</span></li>`)}</ul>`}
        </li>`)}
    </ul>
  <//>`;

const Sign = ({ change }) => html`<span class=${`sign sign-${change}`} aria-hidden="true">${SIGNS[change] || "~"}</span>`;
