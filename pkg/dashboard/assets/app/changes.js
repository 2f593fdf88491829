// The stream of connections that change: one for the page, whoever listens.
import { createContext } from "preact";
import { useContext, useEffect, useMemo, useState } from "preact/hooks";
import { url } from "./api.js";
import { watch } from "./sse.js";
import { useLatest } from "./hooks.js";

export const Changes = createContext({ live: "new", listen: () => () => {} });

// FORGIVEN is how long a gap may last before anybody is told: servers end long
// requests, and a page comes back at once.
const FORGIVEN = 2500;

// useChanges opens the stream. After a gap listeners hear null: what was missed
// is not known.
export function useChanges() {
  const [live, setLive] = useState("new");
  const listeners = useMemo(() => new Set(), []);
  useEffect(() => {
    let gap = false, timer = 0;
    const stop = watch(
      url("events"),
      ({ name, data }) => name === "row" && listeners.forEach((l) => l(data)),
      {
        onOpen: () => {
          clearTimeout(timer);
          timer = 0;
          setLive("on");
          if (gap) listeners.forEach((l) => l(null));
          gap = false;
        },
        onLost: () => {
          gap = true;
          timer ||= setTimeout(() => setLive("off"), FORGIVEN);
        },
      },
    );
    return () => (stop(), clearTimeout(timer));
  }, []);
  return useMemo(() => ({ live, listen: (l) => (listeners.add(l), () => listeners.delete(l)) }), [live]);
}

// useOnChange calls back with each row that changes, or null after a gap.
export function useOnChange(callback) {
  const { listen } = useContext(Changes);
  const latest = useLatest(callback);
  useEffect(() => listen(latest), []);
}
