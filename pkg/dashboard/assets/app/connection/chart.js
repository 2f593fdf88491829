// Rows and bytes over time, drawn by uPlot, which is loaded when it is needed.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { bytes, compact, count, plural, dayTime, tick } from "../format.js";
import { useMedia } from "../hooks.js";
import { Empty, Failure } from "../ui.js";
import { uPlot } from "./uplot.js";

export function Chart({ syncs }) {
  const ref = useRef(null);
  const [error, setError] = useState(null);
  const colours = useColours();
  const moved = syncs.filter((s) => s.started && s.status !== "running").toReversed();
  const key = moved.map((s) => `${s.id}:${s.records}:${s.bytes}`).join();
  useEffect(() => {
    if (moved.length < 2) return undefined;
    let end = () => {};
    let left = false;
    // The page may have gone meanwhile, and its effects are ended a moment later.
    uPlot().then((Plot) => !left && ref.current && (end = draw(Plot, ref.current, moved)), setError);
    return () => ((left = true), end());
  }, [key, colours]);
  if (error) return html`<${Failure} what="The chart" error=${error} onRetry=${() => location.reload()} />`;
  if (moved.length < 2) return html`<${Empty} title="A chart needs two syncs that have ended" />`;
  const rows = moved.reduce((n, s) => n + s.records, 0), size = moved.reduce((n, s) => n + s.bytes, 0);
  return html`
    <figure class="chart">
      <div ref=${ref} class="chart-canvas" role="img" aria-label=${`${plural(rows, "row")} and ${bytes(size)} in ${plural(moved.length, "sync")}. The table of syncs below has each.`}></div>
    </figure>`;
}

// useColours changes when the page's colours do.
function useColours() {
  const dark = useMedia("(prefers-color-scheme: dark)");
  const [n, setN] = useState(0);
  useEffect(() => {
    const changed = () => setN((x) => x + 1);
    addEventListener("scheme", changed);
    return () => removeEventListener("scheme", changed);
  }, []);
  return `${dark}${n}`;
}

// colours reads the page's variables as a canvas understands them: what
// light-dark() is now.
function colours(element) {
  const probe = element.appendChild(document.createElement("i"));
  return (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
}

// beside leaves room for half a bar before the first and after the last.
const beside = (n) => (u, min, max) => {
  const room = Math.max((max - min) / n, 60) * 0.6;
  return [min - room, max + room];
};

// draw gives the function that removes the chart.
function draw(Plot, element, all) {
  const syncs = all.slice(-Math.max(12, Math.floor(element.clientWidth / 14))); // a bar needs its width
  const colour = colours(element);
  const data = [syncs.map((s) => new Date(s.started) / 1000), syncs.map((s) => s.records), syncs.map((s) => s.bytes)];
  const axis = { stroke: colour("--quiet"), font: "12px system-ui, sans-serif", ticks: { show: false }, grid: { stroke: colour("--line"), width: 1 } };
  const top = (u, min, max) => [0, Math.max(1, max * 1.08)];
  const plot = new Plot({
    width: element.clientWidth, height: 180, cursor: { y: false, points: { size: 7 } },
    scales: { x: { range: beside(syncs.length) }, rows: { range: top }, bytes: { range: top } },
    axes: [
      { ...axis, grid: { show: false }, space: 80, size: 30, values: (_, at, _axis, _space, apart) => at.map((t) => tick(t * 1000, apart)) },
      { ...axis, scale: "rows", size: 56, values: (_, v) => v.map(compact) },
      { ...axis, scale: "bytes", side: 1, size: 68, grid: { show: false }, values: (_, v) => v.map(bytes) },
    ],
    series: [
      { label: "Sync", value: (_, v) => (v === null ? "" : dayTime(v * 1000)) },
      { label: "Rows", scale: "rows", stroke: colour("--accent"), fill: colour("--accent-soft"), paths: Plot.paths.bars({ size: [0.7, 28] }), points: { show: false }, value: (_, v) => count(v) },
      { label: "Bytes", scale: "bytes", stroke: colour("--quiet"), width: 1.5, dash: [4, 3], points: { size: 4, fill: colour("--quiet") }, value: (_, v) => bytes(v) },
    ],
  }, data, element);
  const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 180 }));
  resized.observe(element);
  return () => (resized.disconnect(), plot.destroy(), element.replaceChildren());
}
