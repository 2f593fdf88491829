package crds

import (
	"fmt"
	"strings"
	"testing"
)

// source and conn give a document with a part of its spec.
func source(spec string) string {
	return "{apiVersion: knelt.dev/v1alpha1, kind: Source, metadata: {generateName: s-}, spec: {" + spec + "}}"
}

func conn(spec string) string {
	return "{apiVersion: knelt.dev/v1alpha1, kind: Connection, metadata: {generateName: c-}, spec: {source: shop, destination: lake, " + spec + "}}"
}

func TestWrongObjectsAreRefusedWithTheFieldAndWhatToDo(t *testing.T) {
	ns := namespace(t)
	for _, c := range []struct{ text, field, words string }{
		{source(`config: {}`), `spec.connector`, "Required value"},
		{source(`connector: {command: [./x]}`), "spec.connector.image", "a cluster runs container images"},
		{source(`connector: {image: "a b"}`), "spec.connector.image", "REGISTRY/NAME:TAG"},
		{source(`connector: {image: x, command: []}`), "spec.connector.command", "at least 1 items"},
		{source(`connector: {image: x, command: [""]}`), "spec.connector.command", "the program is empty"},
		{source(`connector: {image: x, env: {"A=B": c}}`), "spec.connector.env", "holds an ="},
		{source(`connector: {image: x, runAsUser: 0}`), "spec.connector.runAsUser", "greater than or equal to 1"},
		{source(`connector: {image: x, runAsUser: 5, runAsRoot: true}`), "spec.connector.runAsUser", "keep one of the two"},
		{source(`connector: {image: x, tmpSize: 5 GB}`), "spec.connector.tmpSize", "should match"},
		{source(`connector: {image: x, imagePullPolicy: Sometimes}`), "spec.connector.imagePullPolicy", `supported values: "Always", "IfNotPresent", "Never"`},
		{source(`connector: {image: x, podLabels: {knelt.dev/a: b}}`), "spec.connector.podLabels", "Knelt's own to set"},
		{source(`connector: {image: x, tolerations: [{key: a, operator: Exists, value: b}]}`), "spec.connector.tolerations[0].value", "operator: Exists"},
		{source(`connector: {image: x, tolerations: [{value: b}]}`), "spec.connector.tolerations[0].key", "name the taint's key"},
		{source(`connector: {image: x, tolerations: [{key: a, tolerationSeconds: 5}]}`), "spec.connector.tolerations[0].tolerationSeconds", "NoExecute"},
		{source(`conector: {image: x}, connector: {image: x}`), "spec.conector", "unknown field"},
		{source(`connector: {image: x}, config: text`), "spec.config", "must be of type object"},

		{conn(`streams: []`), "spec.streams", "at least 1 items"},
		{conn(`streams: [{syncMode: incremental}]`), "spec.streams[0].name", "Required value"},
		{conn(`streams: [{name: a}, {name: b}, {name: a}]`), "spec.streams[2]", "Duplicate value"},
		{conn(`streams: [{name: a, syncMode: incremantal}]`), "spec.streams[0].syncMode", `supported values: "full_refresh", "incremental"`},
		{conn(`streams: [{name: a, syncMode: incremental, destinationSyncMode: overwrite}]`), "spec.streams[0].destinationSyncMode", "choose append or append_dedup"},
		{conn(`streams: [{name: a, primaryKey: [id]}]`), "spec.streams[0].primaryKey[0]", "must be of type array"},
		{conn(`streams: [{name: a, cursorField: updated_at}]`), "spec.streams[0].cursorField", "must be of type array"},
		{conn(`namespaceFormat: "${NAMESPACE}"`), "spec.namespaceFormat", "only ${SOURCE_NAMESPACE} is replaced here"},
		{conn(`retries: {max: -1}`), "spec.retries.max", "greater than or equal to 0"},
		{conn(`retries: {backoff: -1s}`), "spec.retries.backoff", "must not be negative"},
		{conn(`timeouts: {grace: 5}`), "spec.timeouts.grace", "must be of type string"},
		{conn(`timeouts: {grace: 5 minutes}`), "spec.timeouts.grace", `must be a duration with its unit: "90s", "15m", "2h"`},
		{conn(`onSchemaChange: propagate_all`), "spec.onSchemaChange", `supported values: "ignore", "propagateFields", "propagateAll", "pause"`},

		{conn(`schedule: {jitter: 5m}`), "spec.schedule", "name one of the three"},
		{conn(`schedule: {manual: false}`), "spec.schedule", "name one of the three"},
		{conn(`schedule: {cron: "0 2 * * *", every: 1h}`), "spec.schedule", "name one of the three"},
		{conn(`schedule: {cron: "0 0 2 * * *"}`), "spec.schedule.cron", "must have five fields"},
		{conn(`schedule: {cron: "@daily"}`), "spec.schedule.cron", `"0 0 * * *" is daily`},
		{conn(`schedule: {cron: "TZ=UTC 0 2 * * *"}`), "spec.schedule.cron", "write the time zone into timeZone"},
		{conn(`schedule: {cron: "0 2 * * *", timeZone: Local}`), "spec.schedule.timeZone", "Europe/Berlin"},
		{conn(`schedule: {cron: "0 2 * * *", from: end}`), "spec.schedule.from", "has no meaning without every"},
		{conn(`schedule: {every: 1h, timeZone: UTC}`), "spec.schedule.timeZone", "has no meaning without cron"},
		{conn(`schedule: {every: 10ms}`), "spec.schedule.every", "must be between 1s and a year"},
		{conn(`schedule: {every: -1h}`), "spec.schedule.every", "must be between 1s and a year"},
		{conn(`schedule: {every: 1m, jitter: 60s}`), "spec.schedule.jitter", "must be below every"},
		{conn(`schedule: {every: 1m, jitter: -1s}`), "spec.schedule.jitter", "must not be negative"},
		{conn(`schedule: {manual: true, jitter: 1s}`), "spec.schedule.jitter", "has no meaning beside manual"},
		{conn(`schedule: {manual: true, catchUp: all}`), "spec.schedule.catchUp", "has no meaning beside manual"},

		{conn(`notifications: [{webhook: "ftp://x"}]`), "spec.notifications[0].webhook", "http or https URL"},
		{conn(`notifications: [{webhook: "https://x", when: [failure, failure]}]`), "spec.notifications[0].when[1]", "Duplicate value"},
		{conn(`notifications: [{webhook: "https://x", when: [success]}]`), "spec.notifications[0].when[0]", `supported values: "failure", "recovery", "schemaChange"`},
		{strings.Replace(conn(`paused: true`), "source: shop", "source: Shop", 1), "spec.source", "must be the name of a Source"},
		{strings.Replace(conn(`paused: true`), "source: shop, ", "", 1), "spec.source", "Required value"},
	} {
		_, err := create(t, ns, c.text)
		if err == nil {
			t.Errorf("%s is taken", c.text)
			continue
		}
		told := err.Error()
		if !strings.Contains(told, c.field+": ") && !strings.Contains(told, fmt.Sprintf("unknown field %q", c.field)) || !strings.Contains(told, c.words) {
			t.Errorf("%s: want %s: ... %s, got\n\t%v", c.text, c.field, c.words, err)
		}
	}
}
