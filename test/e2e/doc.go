// Package e2e holds stories that drive the built programs as a user does. Its
// harness (harness*.go) is for those who write more of them.
package e2e
