// What happened, said once: on the screen for a while, and to screen readers.
import { useEffect, useState } from "preact/hooks";
import { html, classes } from "./html.js";

const listeners = new Set();
let next = 1;

// say announces a sentence. A bad one stays until it is dismissed.
export function say(text, { bad = false } = {}) {
  const note = { id: next++, text, bad };
  listeners.forEach((l) => l(note));
}

export function Announcements() {
  const [notes, setNotes] = useState([]);
  const drop = (id) => setNotes((all) => all.filter((n) => n.id !== id));
  useEffect(() => {
    const add = (note) => {
      setNotes((all) => [...all.slice(-3), note]);
      if (!note.bad) setTimeout(() => drop(note.id), 6000);
    };
    listeners.add(add);
    return () => listeners.delete(add);
  }, []);
  return html`
    <div class="notes" role="status" aria-live="polite">
      ${notes.map((n) => html`
        <div key=${n.id} class=${classes("note", n.bad && "note-bad")}>
          <span>${n.text}</span>
          <button type="button" class="note-close" aria-label="Dismiss" onClick=${() => drop(n.id)}>×</button>
        </div>`)}
    </div>`;
}
