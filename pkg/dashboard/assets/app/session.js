// Who looks at the page, and what they may do.
import { createContext } from "preact";
import { useCallback, useContext, useEffect, useState } from "preact/hooks";
import { get, onUnauthorized } from "./api.js";
import { setToken, token } from "./token.js";

export const Session = createContext({ name: "", scopes: [] });

// useWhyNot gives a reason why the visitor may not do something, or nothing.
export function useWhyNot() {
  const { scopes } = useContext(Session);
  return useCallback(
    (scope) => (scopes.includes(scope) ? "" : `Your token does not have the scope “${scope}”`),
    [scopes],
  );
}

// useSession asks who the visitor is. Its state is "asking", "in", "out" (a
// token is wanted; problem tells what was wrong with one) or "error".
export function useSession() {
  const [session, setSession] = useState({ state: "asking" });
  const ask = useCallback(async () => {
    try {
      const who = await get("whoami");
      setSession({ state: "in", name: who.name, scopes: who.scopes || [], needed: token() !== "" });
    } catch (error) {
      if (error.status === 401) {
        setSession({ state: "out", problem: token() ? error : null });
        setToken("");
      } else setSession((s) => (s.state === "in" ? s : { state: "error", error }));
    }
  }, []);
  useEffect(() => {
    ask();
    return onUnauthorized((problem) => setSession((s) => (s.state === "in" ? { state: "out", problem } : s)));
  }, []);
  const enter = (value) => (setToken(value), ask());
  const leave = () => (setToken(""), setSession({ state: "out", problem: null }));
  return { ...session, ask, enter, leave };
}
