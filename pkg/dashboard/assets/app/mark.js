// The mark: the same as the icon's.
import { html } from "./html.js";

export const Mark = () => html`
  <svg class="mark-knelt" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" /><path d="M10 7v18M22 7c0 6-5 9-12 9 7 0 12 3 12 9" />
  </svg>`;
