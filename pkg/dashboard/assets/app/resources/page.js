// Sources or destinations, and whether their configs work.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { get, post } from "../api.js";
import { useTitle } from "../hooks.js";
import { useWhyNot } from "../session.js";
import { fullName } from "../format.js";
import { toConnection } from "../route.js";
import { Status } from "../status.js";
import { Button, Empty, Failure, Loading, Time } from "../ui.js";

const PAGE = 100;
const SHOWN = 3;

export function ResourcesPage({ kind }) {
  const plural = `${kind}s`;
  useTitle(plural);
  const list = usePages(plural.toLowerCase());
  return html`
    <div class="page-head"><h1>${plural}</h1></div>
    <${Body} kind=${kind} list=${list} />`;
}

function Body({ kind, list }) {
  if (list.items.length === 0) {
    if (list.error) return html`<${Failure} error=${list.error} onRetry=${list.more} />`;
    if (list.loading) return html`<${Loading} lines=${6} />`;
    return html`<${Empty} title=${`There are no ${kind.toLowerCase()}s yet`}><p>They are YAML documents: see <code>docs/configuration.md</code>.</p><//>`;
  }
  return html`
    <div class="scroll" tabindex="0" role="group" aria-label=${`${kind}s`}>
      <table class="table resources">
        <thead><tr><th scope="col">${kind}</th><th scope="col" class="used">Used by</th><th scope="col">Check</th></tr></thead>
        <tbody>${list.items.map((r) => html`<${Resource} key=${fullName(r)} kind=${kind} r=${r} />`)}</tbody>
      </table>
    </div>
    ${list.error && html`<${Failure} error=${list.error} onRetry=${list.more} />`}
    ${list.next && html`<p class="more"><${Button} busy=${list.loading && "Loading…"} onClick=${list.more}>More<//></p>`}`;
}

function Resource({ kind, r }) {
  return html`
    <tr>
      <th scope="row">${r.namespace && html`<span class="namespace">${r.namespace}/</span>`}${r.name}
        <code class="connector">${r.connector}</code>
        <details class="config"><summary>Config</summary><pre tabindex="0" aria-label=${`Config of ${r.name}`}>${JSON.stringify(r.config, null, 2)}</pre></details></th>
      <td class="used">${r.usedBy?.length ? html`<${UsedBy} names=${r.usedBy} />` : html`<span class="none">no connection</span>`}</td>
      <td><${Check} kind=${kind} r=${r} /></td>
    </tr>`;
}

function UsedBy({ names }) {
  const [all, setAll] = useState(false);
  const shown = all ? names : names.slice(0, SHOWN);
  return html`${shown.map((n, i) => html`<span key=${n}>${i > 0 && ", "}<a href=${toConnection(named(n))}>${n}</a></span>`)}
    ${shown.length < names.length && html` <button type="button" class="text-button" onClick=${() => setAll(true)}>and ${names.length - SHOWN} more</button>`}`;
}

const named = (full) => (full.includes("/") ? { namespace: full.split("/")[0], name: full.split("/")[1] } : { name: full });

// Check starts the connector, which may take a while on a cluster.
function Check({ kind, r }) {
  const [state, setState] = useState({ busy: false });
  const why = useWhyNot()("run");
  const check = async () => {
    setState({ busy: true });
    try {
      const resource = { kind, name: r.name, ...(r.namespace && { namespace: r.namespace }) };
      setState({ busy: false, answer: await post("check", { resource }), at: new Date().toISOString() });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return html`
    <div class="check-cell">
      <${Button} kind="small" glyph="check" busy=${state.busy && "Checking…"} why=${why} aria-label=${`Check ${r.name}`} onClick=${check}>Check<//>
      <span role="status">${state.answer && html`<${Answer} answer=${state.answer} at=${state.at} />`}${state.error && html`<${Status} status="failed">${[state.error.title, state.error.detail].filter(Boolean).join(": ")}<//>`}</span>
    </div>`;
}

const Answer = ({ answer, at }) => html`
  <${Status} status=${answer.status === "SUCCEEDED" ? "succeeded" : "failed"}>${answer.status === "SUCCEEDED" ? "It works" : "It does not work"}${answer.message && html`: ${answer.message}`} <span class="quiet"><${Time} at=${at} /></span><//>`;

// usePages gets a list page by page.
function usePages(path) {
  const [state, setState] = useState({ items: [], next: "", loading: true, error: null });
  const stop = useRef(null);
  const fetchPage = useCallback(async (cursor) => {
    stop.current = new AbortController();
    setState((s) => ({ ...s, loading: true, error: null }));
    try {
      const page = await get(path, { limit: PAGE, cursor }, stop.current.signal);
      setState((s) => ({ items: cursor ? s.items.concat(page.items) : page.items, next: page.next || "", loading: false, error: null }));
    } catch (error) {
      if (error.name !== "AbortError") setState((s) => ({ ...s, loading: false, error }));
    }
  }, [path]);
  useEffect(() => {
    fetchPage("");
    return () => stop.current?.abort();
  }, [fetchPage]);
  return { ...state, more: () => !state.loading && fetchPage(state.next) };
}
