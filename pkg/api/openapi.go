package api

import _ "embed" // the OpenAPI document

// OpenAPI is the document that describes the operations, OpenAPI 3.1. A test
// makes it of Operations and the Go types (go test ./pkg/api -update).
//
//go:embed openapi.json
var OpenAPI []byte
