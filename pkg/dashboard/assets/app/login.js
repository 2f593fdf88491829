// The form for a token.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { useTitle } from "./hooks.js";
import { Button, Glyph } from "./ui.js";
import { Mark } from "./mark.js";

export function Login({ problem, onEnter }) {
  useTitle("Sign in");
  const [value, setValue] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const submit = async (e) => {
    e.preventDefault();
    const cleaned = value.trim();
    if (!cleaned || busy) return;
    setBusy(true);
    await onEnter(cleaned);
    setBusy(false);
  };
  return html`
    <main class="login" id="main" tabindex="-1">
      <form onSubmit=${submit} aria-describedby=${problem ? "login-problem" : undefined}>
        <${Mark} />
        <h1>Sign in to Knelt</h1>
        <label for="token">Token</label>
        <input id="token" class="input" type="password" autocomplete="current-password" spellcheck="false" autocapitalize="off"
          required ref=${field} value=${value} onInput=${(e) => setValue(e.target.value)} aria-invalid=${problem ? "true" : undefined} />
        ${problem && html`<p id="login-problem" class="login-problem" role="alert"><${Glyph} name="warn" /> ${problem.detail || problem.title}</p>`}
        <${Button} kind="primary" type="submit" busy=${busy && "Signing in…"} onClick=${null}>Sign in<//>
        <p class="quiet">The token stays in this tab and is gone when it is closed. Whoever runs this server makes tokens.</p>
      </form>
    </main>`;
}
