package connection

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"knelt.dev/pkg/airbyte"
)

// ValidateConfig checks a resolved config against the connector's spec, a JSON
// Schema of draft-07. The error is a *Problems with everything that is wrong;
// Field is a JSON pointer into the config. No text holds a value of the config.
//
// Of a oneOf or anyOf that does not fit, the branch is explained that the
// config chose by its constant (such as auth_type). Formats (date-time, uri)
// are no more than warnings, as connectors themselves seldom check them. What
// is malformed in the spec is a warning too, and not checked: a sloppy spec
// does not block a sync. What is required and has a default may be left out. References to other documents are never loaded.
func ValidateConfig(spec *airbyte.ConnectorSpecification, config json.RawMessage) (warnings []Problem, err error) {
	return validateConfig(spec, config, pointerPath)
}

// specURL names the schema; nothing is loaded from there.
const specURL = "http://connector.invalid/spec.json"

func validateConfig(spec *airbyte.ConnectorSpecification, config json.RawMessage, path func([]string) string) ([]Problem, error) {
	value, err := checkableConfig(config, path)
	if err != nil {
		return nil, err
	}
	root := schemaOf(spec)
	if root == nil {
		return []Problem{{Message: "the connector's spec has no usable connectionSpecification", Hint: "the config is not checked"}}, nil
	}
	warnings := sanitize(root)
	engine := &patternEngine{}
	explain := explainer{root: root, config: value, path: path}

	found, wrong := engine.validate(root, value, false)
	if wrong != nil {
		//nolint:nilerr // a spec that cannot be used blocks no sync; the compiler's text tells of the spec only
		return append(warnings, Problem{Message: "the connector's spec cannot be used: " + wrong.Error(), Hint: "the config is not checked"}), nil
	}
	if found != nil {
		if forgiving := schemaOf(spec); engine.fitsByDefaults(forgiving, value) {
			root, found = forgiving, nil
		}
	}
	if found == nil {
		formats, _ := engine.validate(root, value, true)
		warnings = append(warnings, explain.list(formats)...)
	}
	list := explain.list(found)
	if found != nil && len(list) == 0 {
		warnings = append(warnings, Problem{Message: "the connector's spec refers to itself without end", Hint: "that rule is not checked"})
	}
	if engine.timedOut.Load() {
		warnings = append(warnings, Problem{Message: "a pattern of the connector's spec takes too long", Hint: "that rule is not checked"})
	}
	sortProblems(warnings)
	return warnings, problems(list)
}

// checkableConfig decodes a config, without numbers that fill the memory.
func checkableConfig(config json.RawMessage, path func([]string) string) (any, error) {
	if !json.Valid(config) {
		return nil, problem(Origin{}, "", "the config is not valid JSON", "")
	}
	value, err := decodeAny(config)
	if err != nil {
		return nil, err
	}
	var tooLarge []Problem
	walkNumbers(value, nil, func(location []string, number json.Number) {
		if absurd(string(number)) {
			tooLarge = append(tooLarge, Problem{Field: path(location), Message: "a number beyond any sense", Hint: "use at most three digits of exponent"})
		}
	})
	return value, problems(tooLarge)
}

// walkNumbers visits every number of a decoded value.
func walkNumbers(value any, location []string, visit func([]string, json.Number)) {
	switch v := value.(type) {
	case json.Number:
		visit(location, v)
	case map[string]any:
		for name, child := range v {
			walkNumbers(child, append(location, name), visit)
		}
	case []any:
		for i, child := range v {
			walkNumbers(child, append(location, strconv.Itoa(i)), visit)
		}
	}
}

// validate gives what is wrong with value, or why the schema cannot be used.
func (e *patternEngine) validate(root map[string]any, value any, formats bool) (*jsonschema.ValidationError, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.UseRegexpEngine(e.compile)
	c.UseLoader(noLoader{})
	if !formats {
		tolerateFormats(c)
	}
	if err := c.AddResource(specURL, root); err != nil {
		return nil, err
	}
	schema, err := c.Compile(specURL)
	if err != nil {
		return nil, err
	}
	var invalid *jsonschema.ValidationError
	if errors.As(schema.Validate(value), &invalid) {
		return invalid, nil
	}
	return nil, nil
}

// tolerateFormats makes every known format fit; unknown ones do anyway.
func tolerateFormats(c *jsonschema.Compiler) {
	for _, name := range []string{
		"json-pointer", "relative-json-pointer", "uuid", "duration", "period", "ipv4", "ipv6", "hostname", "email",
		"date", "time", "date-time", "uri", "iri", "uri-reference", "iri-reference", "uri-template", "semver",
	} {
		c.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(any) error { return nil }})
	}
}

type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is another document, and specs stand alone", url)
}

// pointerPath writes a location as a JSON pointer (RFC 6901).
func pointerPath(location []string) string {
	var b strings.Builder
	for _, token := range location {
		b.WriteString("/" + pointerToken(token))
	}
	return b.String()
}

// fieldPath writes a location as the paths of documents are written.
func fieldPath(location []string) string {
	path := ""
	for _, token := range location {
		if i, err := strconv.Atoi(token); err == nil && i >= 0 {
			path = itemField(path, i)
		} else {
			path = childField(path, token)
		}
	}
	return path
}
