// The way back.
import { html } from "./html.js";
import { toConnection } from "./route.js";
import { fullName } from "./format.js";

export const Crumbs = ({ c }) => html`
  <nav class="crumbs" aria-label="Where this is">
    <ol><li><a href="#/">Connections</a></li>${c && html`<li><a href=${toConnection(c)}>${fullName(c)}</a></li>`}</ol>
  </nav>`;
