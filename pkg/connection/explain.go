package connection

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// explainer turns a tree of validation errors into problems. The library's own
// texts quote values of the config, so none of them is used.
type explainer struct {
	root   map[string]any
	config any
	path   func([]string) string
}

// list explains a tree; nil gives none.
func (x explainer) list(e *jsonschema.ValidationError) []Problem {
	if e == nil {
		return nil
	}
	switch k := e.ErrorKind.(type) {
	case *kind.RefCycle:
		return nil // the spec's fault; validateConfig tells if nothing else is wrong
	case *kind.OneOf:
		if len(k.Subschemas) > 0 {
			return x.one(e, "fits several of the alternatives in the spec", "leave out what belongs to another alternative")
		}
		return x.alternatives(e, "oneOf")
	case *kind.AnyOf:
		return x.alternatives(e, "anyOf")
	case *kind.Schema, *kind.Group, *kind.AllOf, *kind.Reference:
		var all []Problem
		for _, c := range e.Causes {
			all = append(all, x.list(c)...)
		}
		return all
	case *kind.Required:
		return x.each(e, k.Missing, "missing, but required", func(name string) string { return x.describeField(e, name) })
	case *kind.PropertyNames:
		location := objectWith(x.config, nil, len(e.InstanceLocation), k.Property)
		return []Problem{{Field: x.path(append(location, k.Property)), Message: "a name that the spec does not allow"}}
	case *kind.AdditionalProperties:
		properties, _ := x.schemaAt(e)["properties"].(map[string]any)
		return x.each(e, k.Properties, "unknown field", func(name string) string { return didYouMean(name, keys(properties)) })
	}
	message, hint := x.message(e)
	return x.one(e, message, hint)
}

func (x explainer) one(e *jsonschema.ValidationError, message, hint string) []Problem {
	return []Problem{{Field: x.path(e.InstanceLocation), Message: message, Hint: hint}}
}

// each makes a problem of each named property.
func (x explainer) each(e *jsonschema.ValidationError, names []string, message string, hint func(string) string) []Problem {
	var all []Problem
	for _, name := range names {
		location := append(slices.Clone(e.InstanceLocation), name)
		all = append(all, Problem{Field: x.path(location), Message: message, Hint: hint(name)})
	}
	return all
}

// objectWith finds the object at a depth that has a key. The library (6.0.3)
// overwrites the location of a propertyNames error while it goes on; only its
// length stays right.
func objectWith(value any, location []string, depth int, key string) []string {
	object, isObject := value.(map[string]any)
	if _, has := object[key]; depth == 0 && has {
		return append([]string{}, location...)
	}
	if list, isList := value.([]any); isList {
		object, isObject = make(map[string]any, len(list)), true
		for i, item := range list {
			object[strconv.Itoa(i)] = item
		}
	}
	if depth == 0 || !isObject {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if found := objectWith(object[name], append(location, name), depth-1, key); found != nil {
			return found
		}
	}
	return nil
}

// schemaAt gives the schema that an error came from.
func (x explainer) schemaAt(e *jsonschema.ValidationError) map[string]any {
	_, fragment, _ := strings.Cut(e.SchemaURL, "#")
	target, _ := pointerTarget(x.root, "#"+fragment)
	schema, _ := target.(map[string]any)
	return schema
}

// describeField says what a missing property is to be.
func (x explainer) describeField(e *jsonschema.ValidationError, name string) string {
	properties, _ := x.schemaAt(e)["properties"].(map[string]any)
	property, _ := properties[name].(map[string]any)
	kind, _ := property["type"].(string)
	if kind == "" {
		return ""
	}
	return "add it (" + kind + ")"
}

// message explains a leaf of the tree.
func (x explainer) message(e *jsonschema.ValidationError) (message, hint string) {
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		return fmt.Sprintf("must be %s, is %s", strings.Join(k.Want, " or "), k.Got), typeHint(k)
	case *kind.Const:
		return "must be " + jsonText(k.Want), ""
	case *kind.Enum:
		return "must be one of: " + listJSON(k.Want), ""
	case *kind.Pattern:
		return "does not match the pattern " + k.Want, x.patternHint(e)
	case *kind.Format:
		return "is no valid " + k.Want, ""
	case *kind.MinLength:
		return fmt.Sprintf("must have at least %s", count(k.Want, "character")), ""
	case *kind.MaxLength:
		return fmt.Sprintf("must have at most %s", count(k.Want, "character")), ""
	case *kind.MinItems:
		return fmt.Sprintf("must have at least %s", count(k.Want, "element")), ""
	case *kind.MaxItems:
		return fmt.Sprintf("must have at most %s", count(k.Want, "element")), ""
	case *kind.MinProperties:
		return fmt.Sprintf("must have at least %s", count(k.Want, "field")), ""
	case *kind.MaxProperties:
		return fmt.Sprintf("must have at most %s", count(k.Want, "field")), ""
	case *kind.UniqueItems:
		return fmt.Sprintf("elements %d and %d are equal", k.Duplicates[0], k.Duplicates[1]), "remove one of the two"
	case *kind.Dependency:
		return fmt.Sprintf("needs %s too, because %s is set", strings.Join(k.Missing, ", "), k.Prop), ""
	case *kind.AdditionalItems:
		return "has more elements than the spec allows", ""
	case *kind.Contains:
		return "has no element such as the spec asks for", ""
	case *kind.FalseSchema, *kind.Not:
		return "is not allowed by the spec", ""
	}
	return boundMessage(e.ErrorKind), ""
}

func boundMessage(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Minimum:
		return "must be at least " + decimal(k.Want)
	case *kind.Maximum:
		return "must be at most " + decimal(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be more than " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be less than " + decimal(k.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + decimal(k.Want)
	}
	return "does not fit the spec (" + strings.Join(k.KeywordPath(), "/") + ")"
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	f, _ := r.Float64()
	return fmt.Sprint(f)
}

func typeHint(k *kind.Type) string {
	if k.Got != "string" || !slices.ContainsFunc(k.Want, func(w string) bool { return w == "integer" || w == "number" || w == "boolean" }) {
		return ""
	}
	return "write it without quotes (a reference ${...} always gives a string)"
}

// patternHint gives what the spec's author says of the form.
func (x explainer) patternHint(e *jsonschema.ValidationError) string {
	schema := x.schemaAt(e)
	if form, ok := schema["pattern_descriptor"].(string); ok && form != "" {
		return "write it as " + form
	}
	if examples, ok := schema["examples"].([]any); ok && len(examples) > 0 && !isSecret(schema) {
		return "for example " + jsonText(examples[0])
	}
	return ""
}

// jsonText writes a value of the spec.
func jsonText(v any) string {
	if s, ok := v.(string); ok {
		return jsonString(s)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "another value"
	}
	return string(text)
}

func listJSON(values []any) string {
	const shown = 20
	var texts []string
	for i, v := range values {
		if i == shown {
			texts = append(texts, fmt.Sprintf("and %d more", len(values)-shown))
			break
		}
		texts = append(texts, jsonText(v))
	}
	return strings.Join(texts, ", ")
}
