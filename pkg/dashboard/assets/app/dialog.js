// Dialogs: the browser's own, which keeps the focus inside, ends by Escape and
// gives the focus back.
import { useEffect, useRef, useState } from "preact/hooks";
import { wishKey } from "./api.js";
import { html, classes } from "./html.js";
import { Button, Failure } from "./ui.js";

// Confirm asks before something is done. Act does it: the dialog closes when it
// has succeeded, and tells why when it has not. To try again in the same dialog
// is the same wish: act gets its key. What has data-first has the focus first,
// else the verb; disabled is why that may not be used yet.
export function Confirm({ title, verb, danger, wide, act, onClose, disabled, children }) {
  const ref = useRef(null);
  const [state, setState] = useState({ busy: false, error: null });
  const [key] = useState(wishKey);
  useEffect(() => {
    const before = document.activeElement;
    ref.current.showModal();
    (ref.current.querySelector("[data-first]") || ref.current.querySelector("[type=submit]")).focus();
    return () => before?.isConnected && before.focus();
  }, []);
  const go = async (e) => {
    e.preventDefault();
    if (state.busy || disabled) return;
    setState({ busy: true, error: null });
    try {
      await act(key);
      onClose();
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return html`
    <dialog ref=${ref} class=${classes("dialog", wide && "dialog-wide")} aria-labelledby="dialog-title" onClose=${onClose}>
      <form onSubmit=${go}>
        <h2 id="dialog-title">${title}</h2>
        <div class="dialog-body">${children}</div>
        ${state.error && html`<${Failure} error=${state.error} />`}
        <footer class="dialog-foot">
          <${Button} onClick=${onClose}>Not now<//>
          <${Button} kind=${danger ? "danger" : "primary"} type="submit" busy=${state.busy && "One moment…"} why=${disabled} onClick=${null}>${verb}<//>
        </footer>
      </form>
    </dialog>`;
}
