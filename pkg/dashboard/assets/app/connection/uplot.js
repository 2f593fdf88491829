// uPlot comes as a script that sets a global, so it is not imported.
import { Problem } from "../api.js";

const address = new URL("../../lib/uPlot.iife.min.js", import.meta.url).href;

// The policy lets this one script be added to the page, and no other.
const policy = globalThis.trustedTypes?.createPolicy("knelt", {
  createScriptURL: (url) => {
    if (url !== address) throw new TypeError(`${url} is not to be run`);
    return url;
  },
});

let loading = null;

export function uPlot() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = policy ? policy.createScriptURL(address) : address;
    script.onload = () => resolve(globalThis.uPlot);
    script.onerror = () => {
      loading = null;
      reject(new Problem("The chart cannot be loaded", { detail: "If the server was updated, loading the page again helps." }));
    };
    document.head.append(script);
  });
  return loading;
}
