// What several pages need of Preact's hooks.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get } from "./api.js";

// useResource gets a path and keeps what it got while it is got again, so that
// a page does not flicker. A null path gets nothing. How it is got is get's way
// if nothing else is said.
export function useResource(path, query, by = get) {
  const key = path === null ? null : JSON.stringify([path, query]);
  const [state, setState] = useState({ key: undefined, data: null, error: null, loading: true });
  const running = useRef(null);
  const load = useCallback(async () => {
    running.current?.abort();
    if (key === null) return;
    const mine = (running.current = new AbortController());
    setState((s) => ({ ...(s.key === key ? s : { data: null, error: null }), key, loading: true }));
    try {
      const data = await by(path, query, mine.signal);
      if (running.current === mine) setState({ key, data, error: null, loading: false });
    } catch (error) {
      if (running.current === mine && error.name !== "AbortError") {
        setState((s) => ({ key, data: s.data, error, loading: false }));
      }
    }
  }, [key]);
  useEffect(() => {
    load();
    return () => running.current?.abort();
  }, [load]);
  const fresh = state.key === key ? state : { data: null, error: null, loading: true };
  return { ...fresh, reload: load, set: (data) => setState({ key, data, error: null, loading: false }) };
}

const tickers = new Map();

// useNow is the time, renewed every so many milliseconds; components that ask
// for the same share one timer.
export function useNow(every = 15000) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    let t = tickers.get(every);
    if (!t) {
      t = { all: new Set() };
      t.timer = setInterval(() => t.all.forEach((f) => f(Date.now())), every);
      tickers.set(every, t);
    }
    t.all.add(setNow);
    return () => {
      t.all.delete(setNow);
      if (t.all.size === 0) {
        clearInterval(t.timer);
        tickers.delete(every);
      }
    };
  }, [every]);
  return now;
}

// useTitle names the page in the browser's tab and history.
export function useTitle(title) {
  useEffect(() => {
    document.title = title ? `${title} · Knelt` : "Knelt";
  }, [title]);
}

// useMedia follows a media query.
export function useMedia(query) {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const m = matchMedia(query);
    const changed = () => setMatches(m.matches);
    changed();
    m.addEventListener("change", changed);
    return () => m.removeEventListener("change", changed);
  }, [query]);
  return matches;
}

// useLatest gives a function that stays the same and calls the newest.
export function useLatest(f) {
  const ref = useRef(f);
  ref.current = f;
  return useCallback((...args) => ref.current(...args), []);
}

// useGathered calls once for all calls within a time, and does not wait for a
// pause in them, which may never come.
export function useGathered(f, ms) {
  const timer = useRef(0);
  const latest = useLatest(f);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    timer.current ||= setTimeout(() => ((timer.current = 0), latest()), ms);
  }, [ms]);
}

// useDebounced calls after a pause in its calls.
export function useDebounced(f, ms) {
  const timer = useRef(0);
  const latest = useLatest(f);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback((...args) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest(...args), ms);
  }, [ms]);
}
