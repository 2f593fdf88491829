// Places in the page are behind the #, so that the server knows one page only:
//
//	#/                                    connections, with ?search=&status=&paused=
//	#/connections/NAMESPACE/NAME          a connection
//	#/connections/NAMESPACE/NAME/syncs/ID a sync
//	#/sources, #/destinations
import { useEffect, useMemo, useState } from "preact/hooks";

export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decode);
  const q = Object.fromEntries(new URLSearchParams(query));
  const [head, namespace, name, syncs, id, more] = parts;
  if (!head || (head === "connections" && parts.length === 1)) return { page: "list", query: q };
  if (head === "connections" && parts.length === 3) return { page: "connection", namespace, name, query: q };
  if (head === "connections" && syncs === "syncs" && /^\d+$/.test(id) && more === undefined) {
    return { page: "sync", namespace, name, id: Number(id), query: q };
  }
  if ((head === "sources" || head === "destinations") && parts.length === 1) return { page: head, query: q };
  return { page: "missing", query: q };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const escape = encodeURIComponent;

export const toList = (query = {}) => {
  const q = new URLSearchParams(Object.entries(query).filter(([, v]) => v)).toString();
  return q ? `#/?${q}` : "#/";
};
export const toConnection = (c) => `#/connections/${escape(c.namespace || "-")}/${escape(c.name)}`;
export const toSync = (c, id) => `${toConnection(c)}/syncs/${id}`;

// replace changes the place without a step in the history: for what is typed.
export function replace(hash) {
  history.replaceState(null, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    changed(); // it may have between the drawing and this
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return useMemo(() => parse(hash), [hash]);
}
