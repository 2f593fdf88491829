// The token of whoever looks at the page. It lives as long as the tab and is
// sent nowhere but to the API. Where the browser keeps nothing, it lives as
// long as the page.
const KEY = "knelt.token";
let held = null;

export function token() {
  if (held !== null) return held;
  try {
    held = sessionStorage.getItem(KEY) || "";
  } catch {
    held = "";
  }
  return held;
}

export function setToken(value) {
  held = value;
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch {
    // It is held for as long as the page is open.
  }
}
