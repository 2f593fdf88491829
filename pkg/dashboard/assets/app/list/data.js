// The rows of the list: pages of the API, one after another as they are wanted,
// and kept up with what changes.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api.js";
import { useOnChange } from "../changes.js";

const FIRST = 100;
const MORE = 250;
const NOTHING = { key: "", rows: [], next: "", loading: true, error: null };

const id = (c) => `${c.namespace || ""}/${c.name}`;

// useRows gives the connections that a query chooses. More() fetches the next
// page; again() begins anew, and keeps what is shown until the answer is there.
export function useRows(query) {
  const key = JSON.stringify(query);
  const [state, setState] = useState(NOTHING);
  const running = useRef(null);
  const fetchPage = useCallback(async (cursor, limit, keep) => {
    running.current?.abort();
    const mine = (running.current = new AbortController());
    setState((s) => ({ ...s, loading: true, error: null, stale: s.key !== key }));
    try {
      const page = await get("connections", { ...query, limit, cursor }, mine.signal);
      if (running.current !== mine) return;
      running.current = null;
      setState((s) => ({ key, rows: keep ? s.rows.concat(page.items) : page.items, next: page.next || "", loading: false, error: null, stale: false }));
    } catch (error) {
      if (running.current !== mine || error.name === "AbortError") return;
      running.current = null;
      setState((s) => ({ ...s, rows: s.key === key ? s.rows : [], key, loading: false, error, stale: false }));
    }
  }, [key]);
  const again = useCallback(() => fetchPage("", FIRST, false), [fetchPage]);
  useEffect(() => {
    again();
    return () => running.current?.abort();
  }, [again]);
  useOnChange((row) => {
    if (row === null) return again();
    setState((s) => {
      const at = s.rows.findIndex((r) => id(r) === id(row));
      return at < 0 ? s : { ...s, rows: s.rows.with(at, row) };
    });
  });
  const more = () => state.next && !running.current && !state.error && fetchPage(state.next, MORE, true);
  return { ...state, more, again };
}
