// The page begins here.
import { render } from "preact";
import { useEffect, useErrorBoundary, useState } from "preact/hooks";
import { html } from "./html.js";
import { useRoute } from "./route.js";
import { Session, useSession } from "./session.js";
import { Changes, useChanges } from "./changes.js";
import { Failure, Loading } from "./ui.js";
import { Login } from "./login.js";
import { Broken, Missing, Shell } from "./shell.js";
import { ListPage } from "./list/page.js";
import { ConnectionPage } from "./connection/page.js";
import { SyncPage } from "./sync/page.js";
import { ResourcesPage } from "./resources/page.js";

const PAGES = {
  list: ListPage,
  connection: ConnectionPage,
  sync: SyncPage,
  sources: () => html`<${ResourcesPage} key="sources" kind="Source" />`,
  destinations: () => html`<${ResourcesPage} key="destinations" kind="Destination" />`,
  missing: Missing,
};

function App() {
  const session = useSession();
  if (session.state === "asking") return html`<main class="main"><${Loading} lines=${8} /></main>`;
  if (session.state === "error") return html`<main class="main"><${Failure} error=${session.error} onRetry=${session.ask} /></main>`;
  if (session.state === "out") return html`<${Login} problem=${session.problem} onEnter=${session.enter} />`;
  return html`<${Session.Provider} value=${session}><${Inside} session=${session} /><//>`;
}

function Inside({ session }) {
  const route = useRoute();
  const changes = useChanges();
  const place = [route.page, route.namespace, route.name, route.id].join("/");
  useFreshPlace(place);
  return html`
    <${Changes.Provider} value=${changes}>
      <${Shell} route=${route} session=${session} live=${changes.live}>
        <${Guard} key=${place} route=${route} />
      <//>
    <//>`;
}

// Guard keeps a fault in one page from taking the others along.
function Guard({ route }) {
  const [error] = useErrorBoundary((err) => console.error(err));
  if (error) return html`<${Broken} error=${error} />`;
  return html`<${PAGES[route.page]} route=${route} />`;
}

// useFreshPlace does what a browser does on a new page: it begins at the top,
// and a screen reader hears where it is.
function useFreshPlace(place) {
  const [first, setFirst] = useState(place);
  useEffect(() => {
    if (place === first) return;
    setFirst("");
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [place]);
}

const root = document.getElementById("app");
root.replaceChildren();
render(html`<${App} />`, root);
