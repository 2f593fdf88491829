// Package dashboard is Knelt's page in the browser: connections, their syncs
// with ledgers and logs, sources and destinations. It holds no data: the page
// asks the API under api/v1, with the token of whoever looks at it.
//
// Everything is embedded and nothing is loaded from elsewhere. There is no
// build step: assets/app is what the browser runs, and assets/lib is what
// vendor.sh brought from npm, byte for byte.
//
// All addresses in the page are relative to it, and its own places are behind
// the #, so it works under any path prefix. The assets' addresses hold a digest
// of all of them: they may be cached for ever, and a page never meets a module
// of another release.
package dashboard
