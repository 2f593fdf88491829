// Before anything is painted: the scheme that was chosen by the switch, if any.
// A browser that keeps nothing follows the system.
try {
  const scheme = localStorage.getItem("knelt.scheme");
  if (scheme === "light" || scheme === "dark") document.documentElement.dataset.scheme = scheme;
} catch {
  document.documentElement.dataset.scheme = "";
}
