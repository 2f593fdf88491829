package redis

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// keys makes the names of keys; docs/store.md has them as a table.
type keys struct{ prefix string }

// escaper keeps braces of a name out of the hash tag, which ends at the first
// closing one.
var escaper = strings.NewReplacer("%", "%25", "{", "%7B", "}", "%7D")

func (k keys) of(kind, name string) string {
	return k.prefix + ":" + kind + ":{" + escaper.Replace(name) + "}"
}

// lease is alone under its kind, so that an ACL can open leases and no more.
func (k keys) lease(connection string) string { return k.of("lease", connection) }

func (k keys) connection(name string) string { return k.of("connection", name) }

func (k keys) checkpoint(connection string) string { return k.of("checkpoint", connection) }

func (k keys) generations(connection string) string { return k.of("generations", connection) }

// ofConnection are the keys of a script, in the order of the prelude's names.
func (k keys) ofConnection(name string) []string {
	return []string{
		k.lease(name), k.connection(name), k.checkpoint(name), k.generations(name),
		k.of("syncs", name), k.of("syncids", name), k.of("running", name),
	}
}

// index is the set of all connections' names. In a cluster it lives in a slot of
// its own, so it is written before a connection's first key: a name too many is
// seen when it is read, a name too few would never be.
func (k keys) index() string { return k.prefix + ":connections" }

// plans are a shard's keys: the plans, their due times, and their names in order.
func (k keys) plans(shard int) []string {
	n := strconv.Itoa(shard)
	return []string{k.of("plans", n), k.of("due", n), k.of("planned", n)}
}

func (k keys) cancel(connection string) string { return k.of("cancel", connection) }

func (k keys) config(resource string) string { return k.of("config", resource) }

func (k keys) memo(name string) string { return k.of("memo", name) }

// The fields of a checkpoint: one of these for the kinds without streams, else
// one per stream.
const (
	fieldGlobal = "GLOBAL"
	fieldLegacy = "LEGACY"
)

// streamField writes a stream as a hash's field, ["namespace","name"] in JSON:
// no two streams share it, and it is none of the fields above.
func streamField(d airbyte.Descriptor) string {
	b, err := json.Marshal([2]string{d.Namespace, d.Name})
	if err != nil {
		panic(err) // two strings always encode
	}
	return string(b)
}

func parseStreamField(field string) (airbyte.Descriptor, error) {
	var s [2]string
	if err := json.Unmarshal([]byte(field), &s); err != nil {
		return airbyte.Descriptor{}, fmt.Errorf("a key holds %q where a stream belongs: somebody else writes to Knelt's keys", field)
	}
	return airbyte.Descriptor{Namespace: s[0], Name: s[1]}, nil
}
