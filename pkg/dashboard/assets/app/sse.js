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

// watch keeps a stream of events open until its return value is called. On
// gives what to do with {name, data} (data decoded), told whether the stream is
// open. A stream that the server refuses for good, by a 4xx, is not tried again.
// Last-Event-ID is sent where the server gives ids.
export function watch(target, on, { onOpen, onLost } = {}) {
  const stop = new AbortController();
  let id = "";
  let delay = 500;
  const once = async () => {
    const more = id ? { "Last-Event-ID": id } : {};
    const response = await open(target, { signal: stop.signal, headers: { Accept: "text/event-stream", ...more } });
    onOpen?.();
    delay = 500;
    const feed = parser((e) => {
      if (e.id) id = e.id;
      on({ name: e.event, data: e.data ? JSON.parse(e.data) : null });
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      feed(value);
    }
  };
  (async () => {
    while (!stop.signal.aborted) {
      let problem = null;
      try {
        await once();
      } catch (err) {
        problem = err;
      }
      if (stop.signal.aborted) return;
      if (problem?.status >= 400 && problem.status < 500 && problem.status !== 429 && problem.status !== 408) {
        onLost?.(problem, true);
        return;
      }
      onLost?.(problem, false);
      await pause(delay + Math.random() * delay, stop.signal);
      delay = Math.min(delay * 2, 15000);
    }
  })();
  return () => stop.abort();
}

const pause = (ms, signal) =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
