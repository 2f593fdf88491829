// Package objectstore holds tests against a real S3 server, versitygw, which is
// built from its Go module once (versitygw/go.mod, so that Knelt requires none
// of it) and then kept in the build cache.
package objectstore
