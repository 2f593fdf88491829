package main

import (
	"strings"

	"knelt.dev/pkg/connection"
)

const validations = "x-kubernetes-validations"

// rule is one in CEL, with the words that an object is refused with.
func rule(expression, message string) object {
	return object{"rule": expression, "message": message}
}

// at is a rule whose words name a field below.
func at(field, expression, message string) object {
	return object{"rule": expression, "message": message, "fieldPath": field}
}

func rules(all ...object) object { return object{validations: all} }

func both(a, b object) object {
	all := object{}
	add(all, a)
	add(all, b)
	return all
}

// Lengths bound what CEL may cost, which the API server adds up beforehand.
const (
	longName     = 253
	longWord     = 64
	longText     = 4096
	manyStreams  = 10000
	manyFields   = 10000
	manyKeyParts = 100
	many         = 64
)

const dnsName = `self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`

func nameOf(kind string) object {
	return both(object{"minLength": 1, "maxLength": longName},
		rules(rule(dnsName, "must be the name of a "+kind+": a-z, 0-9, - and ., beginning and ending with a letter or digit")))
}

// duration is one as Go writes it.
func duration(more ...object) object {
	const form = `self.matches('^[-+]?(0|(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|ms|s|m|h))+)$')`
	return both(object{"maxLength": longWord, validations: []object{rule(form, `must be a duration with its unit: "90s", "15m", "2h"`)}}, rules(more...))
}

// short writes a default: 3h, not 3h0m0s.
func short(d connection.Duration) string {
	return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(d.String())
}

func defaulted(d connection.Duration) object { return object{"default": short(d)} }

var notNegative = rule("!self.startsWith('-')", "must not be negative")

// ours are the beginnings of labels and annotations that Knelt sets itself.
var notOurs = both(object{"maxProperties": many}, rules(rule(
	"self.all(key, !key.startsWith('knelt.dev/') && !key.startsWith('app.kubernetes.io/'))",
	"the prefixes knelt.dev/ and app.kubernetes.io/ are Knelt's own to set")))

// typeRules are the limits of types, by their names.
var typeRules = map[string]object{
	"Duration": duration(),
	"Quantity": {
		"pattern": `^\+?([0-9]+([.][0-9]*)?|[.][0-9]+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?[0-9]{1,2})?$`,
	},
	"Connector": rules(
		at(".image", "has(self.image)", "a cluster runs container images: name the connector's, such as airbyte/source-postgres:3.6.9"),
		at(".runAsUser", "!(has(self.runAsUser) && has(self.runAsRoot) && self.runAsRoot)", "runAsRoot is given too: keep one of the two"),
	),
	"Toleration": rules(
		at(".value", "!(has(self.operator) && self.operator == 'Exists' && has(self.value) && self.value != '')", "cannot stand beside operator: Exists"),
		at(".key", "has(self.key) && self.key != '' || has(self.operator) && self.operator == 'Exists'", "name the taint's key; operator: Exists without a key tolerates every taint"),
		at(".tolerationSeconds", "!has(self.tolerationSeconds) || has(self.effect) && self.effect == 'NoExecute'", "needs effect: NoExecute"),
	),
	"Schedule": rules(
		rule("[has(self.cron), has(self.every), has(self.manual) && self.manual].filter(chosen, chosen).size() == 1",
			`name one of the three: cron: "0 2 * * *", every: 1h, or manual: true`),
		at(".timeZone", "!has(self.timeZone) || has(self.cron)", "has no meaning without cron"),
		at(".from", "!has(self.from) || has(self.every)", "has no meaning without every"),
		at(".jitter", "!has(self.jitter) || has(self.cron) || has(self.every)", "has no meaning beside manual"),
		at(".catchUp", "!has(self.catchUp) || has(self.cron) || has(self.every)", "has no meaning beside manual"),
		at(".jitter", "!(has(self.jitter) && has(self.every)) || duration(self.jitter) < duration(self.every)", "must be below every"),
	),
	"StreamSelection": rules(
		at(".destinationSyncMode", "!(has(self.syncMode) && self.syncMode == 'incremental' && has(self.destinationSyncMode) && self.destinationSyncMode in ['overwrite', 'overwrite_dedup'])",
			"an incremental stream that overwrites would keep its newest changes only: choose append or append_dedup"),
	),
}

// fieldRules are the limits of fields, by "Type.Field".
var fieldRules = map[string]object{
	"SourceSpec.Config":      {"default": object{}},
	"DestinationSpec.Config": {"default": object{}},

	"Connector.Command": both(object{"minItems": 1, "maxItems": 1000}, rules(rule("self[0] != ''", "the program is empty"))),
	"Connector.Image": both(object{"minLength": 1, "maxLength": longText},
		rules(rule(`self.matches('^[^[:space:]"\'\\\\]+$')`, "must be an image's name: REGISTRY/NAME:TAG"))),
	"Connector.Env": both(object{"maxProperties": 1000}, rules(rule(`self.all(name, name != '' && !name.contains('='))`, "the name of a variable is empty or holds an ="))),

	"Pod.ImagePullPolicy": {"enum": []string{"Always", "IfNotPresent", "Never"}},
	"Pod.RunAsUser":       {"minimum": 1, "maximum": 1<<31 - 1},
	"Pod.PodLabels":       notOurs,
	"Pod.PodAnnotations":  notOurs,
	"Pod.Tolerations":     {"maxItems": many},
	"Toleration.Operator": {"enum": []string{"Exists", "Equal"}},
	"Toleration.Effect":   {"enum": []string{"NoSchedule", "PreferNoSchedule", "NoExecute"}},
	"SecretRef.Name":      {"minLength": 1, "maxLength": longName},

	"ConnectionSpec.Source":      nameOf("Source"),
	"ConnectionSpec.Destination": nameOf("Destination"),
	"ConnectionSpec.Streams": {
		"minItems": 1, "maxItems": manyStreams,
		"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": []string{"name", "namespace"},
	},
	"ConnectionSpec.NamespaceFormat": both(object{"maxLength": longText},
		rules(rule("!self.replace('${SOURCE_NAMESPACE}', '').contains('${')", "only ${SOURCE_NAMESPACE} is replaced here"))),
	"ConnectionSpec.OnSchemaChange": {"default": string(connection.DefaultOnSchemaChange)},
	"ConnectionSpec.MaxLine":        {"default": connection.DefaultMaxLine, "minimum": 0},
	"ConnectionSpec.Retries":        {"default": object{}},
	"ConnectionSpec.Timeouts":       {"default": object{}},
	"ConnectionSpec.Notifications":  {"minItems": 1, "maxItems": many},

	"StreamSelection.Name":           {"minLength": 1},
	"StreamSelection.Namespace":      {"default": ""},
	"StreamSelection.CursorField":    {"items": object{"minLength": 1}},
	"StreamSelection.PrimaryKey":     {"maxItems": manyKeyParts, "items": object{"minItems": 1, "items": object{"minLength": 1}}},
	"StreamSelection.SelectedFields": {"maxItems": manyFields, "items": object{"minLength": 1}},

	"Schedule.Cron": both(object{"minLength": 1, "maxLength": 256}, rules(
		rule("!self.startsWith('@')", `write the five fields: "0 0 * * *" is daily; for an interval write every`),
		rule("!self.contains('=')", "write the time zone into timeZone"),
		rule("self.startsWith('@') || self.contains('=') || self.matches('^[[:space:]]*[^[:space:]]+([[:space:]]+[^[:space:]]+){4}[[:space:]]*$')",
			`must have five fields: minute, hour, day of month, month and day of week: "0 2 * * *" is 02:00 each day`),
	)),
	"Schedule.TimeZone": both(object{"minLength": 1, "maxLength": longWord},
		rules(rule("self.matches('^[A-Za-z][-A-Za-z0-9_+/]*$') && self != 'Local'", "must be an IANA name, such as Europe/Berlin or UTC"))),
	"Schedule.Every":  rules(rule("duration(self) >= duration('1s') && duration(self) <= duration('8784h')", "must be between 1s and a year")),
	"Schedule.Jitter": rules(notNegative),

	"Retries.Max":              {"minimum": 0},
	"Retries.Backoff":          both(defaulted(connection.DefaultBackoff), rules(notNegative)),
	"Timeouts.SourceIdle":      defaulted(connection.DefaultSourceIdle),
	"Timeouts.DestinationIdle": defaulted(connection.DefaultDestinationIdle),
	"Timeouts.SourceExit":      defaulted(connection.DefaultSourceExit),
	"Timeouts.Grace":           defaulted(connection.DefaultGrace),
	"Timeouts.Command":         defaulted(connection.DefaultCommand),

	"Notification.Webhook": both(object{"minLength": 1, "maxLength": longText},
		rules(rule("self.startsWith('http://') || self.startsWith('https://') || self.contains('${')", "must be an http or https URL, or a reference"))),
	"Notification.When": {"minItems": 1, "maxItems": 3, "x-kubernetes-list-type": "set"},
}

// conditions are as Knative has them.
var conditions = object{
	"type": "array",
	"items": object{
		"type": "object", "required": []string{"type", "status"},
		"properties": object{
			"type":               object{"type": "string", "description": "What is told of: Ready, which is the sum of the others, and what it is made of."},
			"status":             object{"type": "string", "description": "True, False, or Unknown."},
			"severity":           object{"type": "string", "description": "How bad it is if it is not True: Error (left out), Warning or Info."},
			"reason":             object{"type": "string", "description": "Why, in one word."},
			"message":            object{"type": "string", "description": "Why, in words for people."},
			"lastTransitionTime": object{"type": "string", "format": "date-time", "description": "When the status changed last."},
		},
	},
	"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": []string{"type"},
}
