// Package browser drives the dashboard in a real Chromium, against fakeapi.
// Each test has a server and a browser context of its own; whatever the page
// writes to the console without having been expected fails it. Screenshots are
// in bin/screenshots.
package browser
