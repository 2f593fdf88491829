// Server-sent events by fetch: the browser's own EventSource cannot send a
// token. A broken stream is opened again, a little later each time.
import { open } from "./api.js";

// parser gives the events in pieces of text, however they are cut.
export function parser(onEvent) {
  let rest = "", event = "", data = [], id = "";
  const line = (text) => {
    if (text === "") {
      if (data.length) onEvent({ event: event || "message", data: data.join("\n"), id });
      event = "";
      data = [];
      return;
    }
    if (text.startsWith(":")) return;
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
    else if (field === "id") id = value;
  };
  return (piece) => {
    rest += piece;
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    lines.forEach(line);
  };
}

// watch keeps a stream of events open until its return value is called. On gets
// {name, data} (data decoded). onOpen and onLost tell how it stands; onLost gets
// the problem, if there is one. A stream that the server refuses for good, by a
// 4xx, is not tried again. Last-Event-ID is sent where the server gives ids.
//
// A page that nobody sees holds no stream: over HTTP/1.1 a browser has six
// connections to a server, for all of its tabs.
export function watch(target, on, { onOpen, onLost } = {}) {
  const stop = new AbortController();
  (async () => {
    let id = "";
    for (let delay = 500; !stop.signal.aborted; delay = Math.min(delay * 2, 15000)) {
      await seen(stop.signal);
      const begun = Date.now();
      const problem = await once(target, id, stop.signal, onOpen, (e) => {
        if (e.id) id = e.id;
        on({ name: e.event, data: e.data ? JSON.parse(e.data) : null });
      });
      if (stop.signal.aborted) return;
      onLost?.(problem);
      if (isFinal(problem)) return;
      if (Date.now() - begun > 10000) delay = 500;
      await pause(delay * (1 + Math.random()), stop.signal);
    }
  })();
  return () => stop.abort();
}

// once opens the stream and gives its events, until it ends, is to stop, or has
// been out of sight for a while. It gives the problem, if there was one.
async function once(target, id, signal, onOpen, onEvent) {
  const out = hidden(5000);
  try {
    const headers = { Accept: "text/event-stream", ...(id && { "Last-Event-ID": id }) };
    const response = await open(target, { signal: AbortSignal.any([signal, out.signal]), headers });
    onOpen?.();
    const feed = parser(onEvent);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return null;
      feed(value);
    }
  } catch (problem) {
    return out.signal.aborted ? null : problem;
  } finally {
    out.end();
  }
}

const isFinal = (problem) => problem?.status >= 400 && problem.status < 500 && problem.status !== 429 && problem.status !== 408;

// seen waits until the page is in sight.
function seen(signal) {
  if (document.visibilityState !== "hidden") return undefined;
  return new Promise((done) => {
    const end = new AbortController();
    const check = () => document.visibilityState !== "hidden" && (end.abort(), done());
    document.addEventListener("visibilitychange", check, { signal: end.signal });
    signal.addEventListener("abort", () => (end.abort(), done()), { once: true });
  });
}

// hidden aborts when the page has been out of sight for so long.
function hidden(ms) {
  const abort = new AbortController();
  let timer = 0;
  const check = () => {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") timer = setTimeout(() => abort.abort(), ms);
  };
  check();
  document.addEventListener("visibilitychange", check);
  const end = () => (clearTimeout(timer), document.removeEventListener("visibilitychange", check));
  return { signal: abort.signal, end };
}

const pause = (ms, signal) =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
