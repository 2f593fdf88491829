// The list of connections.
import { useEffect } from "preact/hooks";
import { html, classes } from "../html.js";
import { useGathered, useMedia, useResource, useTitle } from "../hooks.js";
import { useOnChange } from "../changes.js";
import { replace, toList } from "../route.js";
import { count, plural } from "../format.js";
import { Button, Empty, Failure, Loading } from "../ui.js";
import { Filters } from "./filters.js";
import { useRows } from "./data.js";
import { useWindow } from "./window.js";
import { Row } from "./row.js";

// Heights of a row, as in list.css.
const HEIGHT = 52, HEIGHT_PHONE = 64;

const COLUMNS = [["c-status", "Status"], ["c-name", "Connection"], ["c-schedule", "Schedule"], ["c-last", "Last sync"], ["c-rows num", "Rows"], ["c-size num", "Size"], ["c-why", "Why"]];

export function ListPage({ route }) {
  useTitle("Connections");
  const { search, status, paused } = route.query;
  const query = { search, status, paused };
  const counts = useResource("counts");
  const recount = useGathered(counts.reload, 1000);
  useOnChange(recount);
  const rows = useRows(query);
  const filtered = Boolean(search || status || paused);
  return html`
    <div class="page-head">
      <h1>Connections</h1>
      ${counts.data?.total !== 0 && html`<p class=${classes("page-note", !counts.data && "unseen")}>${plural(counts.data?.succeeded24h || 0, "connection")} succeeded in the last 24 hours</p>`}
    </div>
    ${counts.data?.total !== 0 && html`<${Filters} query=${query} counts=${counts.data} onChange=${(q) => replace(toList(q))} />`}
    <${Rows} rows=${rows} filtered=${filtered} total=${counts.data?.total} onClear=${() => replace(toList())} />`;
}

function Rows({ rows, filtered, total, onClear }) {
  if (rows.rows.length === 0) {
    if (rows.error) return html`<${Failure} what="The connections cannot be listed" error=${rows.error} onRetry=${rows.again} />`;
    if (rows.loading) return html`<${Loading} what="Loading connections" lines=${10} />`;
    if (filtered) return html`<${Empty} title="No connection is like that"><${Button} onClick=${onClear}>Show all connections<//><//>`;
    return html`<${NoneYet} />`;
  }
  return html`<${Table} rows=${rows} total=${filtered ? undefined : total} />`;
}

const NoneYet = () => html`
  <${Empty} title="There are no connections yet">
    <p>A connection is a YAML document that names a source and a destination. <code>knelt discover NAME -o connection.yaml</code> writes one; put it into the folder that the server reads, or apply it to the cluster.</p>
  <//>`;

function Table({ rows, total }) {
  const phone = useMedia("(max-width: 640px)");
  const height = phone ? HEIGHT_PHONE : HEIGHT;
  const { ref, from, to } = useWindow(rows.rows.length, height);
  useEffect(() => {
    if (to > rows.rows.length - 60) rows.more();
  }, [to, rows.next, rows.loading]);
  const all = !rows.next && !rows.loading;
  return html`
    <p class="hidden" role="status">${all ? plural(rows.rows.length, "connection") : `${count(rows.rows.length)} connections loaded, more follow`}</p>
    <table class=${classes("table list", rows.stale && "stale")} aria-label="Connections" aria-rowcount=${all ? rows.rows.length + 1 : total ? total + 1 : -1} aria-busy=${rows.stale ? "true" : "false"}>
      <thead><tr aria-rowindex="1">${COLUMNS.map(([name, title]) => html`<th key=${name} class=${name} scope="col">${title}</th>`)}</tr></thead>
      <tbody ref=${ref}>
        <${Gap} height=${from * height} />
        ${rows.rows.slice(from, to).map((c, i) => html`<${Row} key=${`${c.namespace}/${c.name}`} c=${c} index=${from + i} />`)}
        <${Gap} height=${(rows.rows.length - to) * height} />
      </tbody>
    </table>
    ${rows.error ? html`<${Failure} what="The next connections cannot be listed" error=${rows.error} onRetry=${rows.again} />` : rows.next && html`<${Loading} what="Loading more connections" lines=${2} />`}`;
}

// Gap stands for rows that are not drawn.
const Gap = ({ height }) => height > 0 && html`<tr class="gap" aria-hidden="true"><td style=${{ height: `${height}px` }}></td></tr>`;
