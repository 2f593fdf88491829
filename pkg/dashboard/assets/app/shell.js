// What is around every page: the way to the others, who looks, what is live.
import { html, classes } from "./html.js";
import { Button, Glyph } from "./ui.js";
import { Announcements } from "./announce.js";
import { SchemeSwitch } from "./scheme.js";
import { Mark } from "./mark.js";

const PLACES = [
  ["Connections", "#/", ["list", "connection", "sync"]],
  ["Sources", "#/sources", ["sources"]],
  ["Destinations", "#/destinations", ["destinations"]],
];

// focusMain is the skip link's: its # would be taken for a place in the page.
const focusMain = (e) => {
  e.preventDefault();
  document.getElementById("main")?.focus();
};

export function Shell({ route, session, live, children }) {
  return html`
    <a class="skip" href="#main" onClick=${focusMain}>Skip to content</a>
    <header class="top">
      <a class="brand" href="#/" aria-label="Knelt, all connections"><${Mark} /><span>Knelt</span></a>
      <nav class="nav" aria-label="Pages">
        ${PLACES.map(([name, href, pages]) => html`
          <a key=${href} href=${href} aria-current=${pages.includes(route.page) ? "page" : undefined}>${name}</a>`)}
      </nav>
      <div class="top-right">
        <${Live} state=${live} />
        <${SchemeSwitch} />
        ${session.needed && html`<button type="button" class="icon-button" aria-label=${`Sign out ${session.name}`} title=${`Sign out (${session.name})`} onClick=${session.leave}><${Glyph} name="out" /></button>`}
      </div>
    </header>
    <main id="main" class="main" tabindex="-1">${children}</main>
    <${Announcements} />`;
}

// Live tells whether what is shown follows what happens.
const Live = ({ state }) => html`
  <span class=${classes("live", `live-${state}`)} role="status" title=${state === "on" ? "Changes appear by themselves" : "The stream of changes is interrupted; it is tried again"}>
    <span class="live-dot" aria-hidden="true"></span><span>${state === "on" ? "Live" : state === "off" ? "Reconnecting" : "Connecting"}</span>
  </span>`;

export const Missing = () => html`
  <div class="empty empty-page"><h1>There is no such page</h1><div class="empty-text"><p>The address may be cut short.</p><a class="button button-plain" href="#/">All connections</a></div></div>`;

export const Broken = ({ error }) => html`
  <div class="empty empty-page" role="alert"><h1>This page has failed</h1>
    <div class="empty-text"><p>A fault of ours: <code>${String(error.message || error)}</code></p>
    <${Button} kind="primary" onClick=${() => location.reload()}>Load it again<//></div>
  </div>`;
