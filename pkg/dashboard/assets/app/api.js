// Requests to the API. Every failure is a Problem: what the API says of it, or
// what kept it from saying anything.
import { token } from "./token.js";

// base is relative to the page, which may be behind a path prefix.
const base = new URL("api/v1/", document.baseURI);

export class Problem extends Error {
  constructor(title, { status = 0, detail = "", errors = [], request = "", retryAfter = 0 } = {}) {
    super(title);
    Object.assign(this, { title, status, detail, errors, request, retryAfter });
  }

  // Nobody answered: the server is away, or the network is.
  get unreachable() {
    return this.status === 0;
  }
}

const listeners = new Set();

// onUnauthorized calls back when the API does not know who asks.
export function onUnauthorized(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function url(path, query = {}) {
  const u = new URL(path.replace(/^\//, ""), base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") u.searchParams.set(name, value);
  }
  return u;
}

// segments joins parts of a path, each escaped.
export const segments = (...parts) => parts.map(encodeURIComponent).join("/");

// connectionPath is where a connection is; one without a namespace is in "-".
export const connectionPath = (c, ...rest) => segments("connections", c.namespace || "-", c.name, ...rest);

export function headers(more = {}) {
  const t = token();
  return t ? { Authorization: `Bearer ${t}`, ...more } : more;
}

// open sends a request and gives the response, if it is a good one.
export async function open(target, options = {}) {
  let response;
  try {
    response = await fetch(target, { ...options, headers: headers(options.headers), credentials: "same-origin", cache: "no-store" });
  } catch (err) {
    if (err.name === "AbortError") throw err;
    throw new Problem("The server cannot be reached", { detail: "It may be starting, or the network is away." });
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401) for (const l of listeners) l(problem);
  throw problem;
}

export async function get(path, query, signal) {
  return body(await open(url(path, query), { signal }));
}

// getTagged is get with another reader of JSON, and the tag of what was got.
export async function getTagged(read, path, query, signal) {
  const response = await open(url(path, query), { signal });
  return { value: await body(response, read), tag: response.headers.get("ETag") };
}

// putText sends JSON as it is written, in place of what has the tag.
export async function putText(path, text, tag) {
  const headers = { "Content-Type": "application/json", ...(tag && { "If-Match": tag }) };
  return body(await open(url(path), { method: "PUT", headers, body: text }));
}

// post sends a value. What is sent again with the same key, after a failure or a
// lost answer, is the same wish and is done once.
export async function post(path, value, { signal, key = wishKey() } = {}) {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
  return body(await open(url(path), { method: "POST", headers, body: JSON.stringify(value ?? {}), signal }));
}

export const wishKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

async function body(response, read = JSON.parse) {
  if (response.status === 204) return null;
  const text = await response.text();
  try {
    return text ? read(text) : null;
  } catch {
    throw new Problem("The answer cannot be read", { status: response.status, detail: "It is no JSON. Is something else between this page and the server?" });
  }
}

// problemOf reads a problem document (RFC 9457), or makes one of the status.
async function problemOf(response) {
  let told = {};
  try {
    told = JSON.parse(await response.text()) ?? {};
  } catch {
    // Not from the API, or cut short: the status has to do.
  }
  return new Problem(told.title || `The server answers with ${response.status}`, {
    status: response.status,
    detail: told.detail || "",
    errors: told.errors || [],
    request: response.headers.get("X-Request-Id") || "",
    retryAfter: Number(response.headers.get("Retry-After")) || 0,
  });
}
