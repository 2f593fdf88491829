// Package manifests holds the rules of config/knative as tests: each object is
// decoded strictly into the type of whoever serves it, and judged by that
// project's own validation where there is any.
//
// It is a module of its own: Knative's types bring a thousand lines of checksums
// along that nothing else in Knelt needs.
package manifests
