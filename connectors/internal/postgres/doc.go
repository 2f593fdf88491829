// Package postgres is what our PostgreSQL source and destination share: the
// config of a connection, in the words that Airbyte's users know, and what errors
// of a server mean.
package postgres
