package dashboard

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// imports are the bare names that modules import, and where they are.
const imports = `{"imports":{"preact":"./%[1]s/lib/preact.mjs","preact/hooks":"./%[1]s/lib/hooks.mjs","htm":"./%[1]s/lib/htm.module.js"}}`

// libraries are the modules behind imports.
var libraries = []string{"lib/preact.mjs", "lib/hooks.mjs", "lib/htm.module.js"}

// page fills the template: where the assets are, the import map, and all
// modules, so that the browser asks for them at once and not one after another
// as it finds them imported. It also gives the page's policy.
func page(template string, assets map[string]asset, base string) (html, policy string) {
	importMap := fmt.Sprintf(imports, base)
	var preloads strings.Builder
	for _, name := range slices.Sorted(maps.Keys(assets)) {
		if isModule(name) || slices.Contains(libraries, name) {
			fmt.Fprintf(&preloads, "<link rel=\"modulepreload\" href=\"%s/%s\">\n", base, name)
		}
	}
	html = strings.NewReplacer(
		"{{base}}", base, "{{imports}}", importMap, "{{modules}}\n", preloads.String(),
	).Replace(template)
	return html, contentPolicy(importMap)
}

// contentPolicy lets the page run and load what this package serves, and
// nothing else. The import map is the one inline script, known by its hash.
// Styles are changed by the object model only, which needs no unsafe-inline.
func contentPolicy(importMap string) string {
	hash := sha256.Sum256([]byte(importMap))
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'",
		"style-src 'self'",
		"img-src 'self'",
		"connect-src 'self'",
		"form-action 'none'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types knelt",
	}, "; ")
}
