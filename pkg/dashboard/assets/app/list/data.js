// The rows of the list: pages of the API, one after another as they are wanted,
// and kept up with what changes.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api.js";
import { useOnChange } from "../changes.js";

// How many rows are asked for first, at a time later, and at most of one page.
const FIRST = 100, MORE = 250, MOST = 500;
const NOTHING = { key: "", rows: [], next: "", loading: true, error: null };

const id = (c) => `${c.namespace || ""}/${c.name}`;

// load gets rows from a cursor on, by as many pages as it takes.
async function load(query, cursor, wanted, signal) {
  let rows = [], next = cursor;
  do {
    const page = await get("connections", { ...query, limit: Math.min(MOST, wanted - rows.length), cursor: next }, signal);
    rows = rows.concat(page.items);
    next = page.next || "";
  } while (next && rows.length < wanted);
  return { rows, next };
}

// useRows gives the connections that a query chooses. More() gets the next
// ones; again() gets anew what is shown, and keeps it until the answer is there.
export function useRows(query) {
  const key = JSON.stringify(query);
  const [state, setState] = useState(NOTHING);
  const running = useRef(null);
  const fetchRows = useCallback(async (cursor, wanted) => {
    running.current?.abort();
    const mine = (running.current = new AbortController());
    setState((s) => ({ ...s, loading: true, error: null, stale: s.key !== key }));
    let result;
    try {
      const { rows, next } = await load(query, cursor, wanted, mine.signal);
      result = (s) => ({ key, rows: cursor ? s.rows.concat(rows) : rows, next, loading: false, error: null, stale: false });
    } catch (error) {
      result = (s) => ({ ...s, rows: s.key === key ? s.rows : [], key, loading: false, error, stale: false });
    }
    if (running.current !== mine || mine.signal.aborted) return;
    running.current = null;
    setState(result);
  }, [key]);
  useEffect(() => {
    fetchRows("", FIRST);
    return () => running.current?.abort();
  }, [fetchRows]);
  const again = () => fetchRows("", Math.max(FIRST, state.key === key ? state.rows.length : 0));
  useOnChange((row) => {
    if (row === null) return again();
    setState((s) => {
      const at = s.rows.findIndex((r) => id(r) === id(row));
      return at < 0 ? s : { ...s, rows: s.rows.with(at, row) };
    });
  });
  const more = () => state.next && !running.current && !state.error && fetchRows(state.next, MORE);
  return { ...state, more, again };
}
