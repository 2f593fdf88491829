// Package schemachange tells how a source's streams differ from what they were,
// what that means for a connection, and what the connection's policy makes of
// it. It is pure: catalogs in, a diff and a catalog out.
package schemachange
