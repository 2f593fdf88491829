// The lines of a log: its end first, earlier pages when they are asked for, or
// the stream of what is written.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, url } from "../api.js";
import { watch } from "../sse.js";

const PAGE = 300;

// MOST is how many lines are kept while following: a browser is no log store.
const MOST = 3000;

export function useLines(path, query, following) {
  const key = JSON.stringify([path, query, following]);
  const [state, setState] = useState({ items: [], offset: 0, loading: true, error: null });
  const serial = useRef(0);
  const named = (items) => items.map((l) => ({ ...l, key: serial.current++ }));
  const page = useCallback(async (offset, limit, signal) => {
    setState((s) => ({ ...s, loading: true, error: null }));
    try {
      const p = await get(`${path}/logs`, { ...query, offset, limit }, signal);
      setState((s) => ({ items: named(p.items).concat(offset < 0 ? [] : s.items), offset: p.offset, loading: false, error: null }));
    } catch (error) {
      if (error.name !== "AbortError") setState((s) => ({ ...s, loading: false, error }));
    }
  }, [key]);
  useEffect(() => {
    const stop = new AbortController();
    setState((s) => ({ ...s, loading: true, error: null }));
    if (!following) {
      page(-PAGE, PAGE, stop.signal);
      return () => stop.abort();
    }
    return follow(url(`${path}/logs/follow`, { ...query, tail: PAGE }), setState, named);
  }, [key]);
  return {
    ...state,
    earlier: !following && state.offset > 0,
    more: () => page(Math.max(0, state.offset - PAGE), Math.min(PAGE, state.offset)),
    again: () => page(-PAGE, PAGE),
  };
}

// follow gathers lines and shows them once a frame: a connector may print
// thousands a second.
function follow(target, setState, named) {
  let waiting = [], asked = 0, fresh = true;
  const show = () => {
    asked = 0;
    const items = named(waiting), all = fresh;
    waiting = [];
    fresh = false;
    setState((s) => ({ items: (all ? items : s.items.concat(items)).slice(-MOST), offset: 0, loading: false, error: null }));
  };
  const stop = watch(target, ({ name, data }) => {
    if (name === "line") waiting.push(data);
    if (name === "end" && data?.status) stop();
    asked ||= requestAnimationFrame(show);
  }, {
    // A stream that is opened again begins with its last lines again.
    onOpen: () => ((waiting = []), (fresh = true), (asked ||= requestAnimationFrame(show))),
    onLost: (error) => error && setState((s) => ({ ...s, loading: false, error })),
  });
  return () => (stop(), cancelAnimationFrame(asked));
}
