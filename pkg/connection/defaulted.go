package connection

import "slices"

// forgiveDefaulted takes out of every "required" in place the properties that
// have a default: connectors put those in themselves, as Airbyte's own form
// does. A constant stays required: it tells the branches of a oneOf apart.
func forgiveDefaulted(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			forgiveDefaulted(item)
		}
	case map[string]any:
		properties, _ := v["properties"].(map[string]any)
		if required, ok := v["required"].([]any); ok {
			v["required"] = slices.DeleteFunc(required, func(name any) bool {
				text, _ := name.(string)
				property, _ := properties[text].(map[string]any)
				_, defaulted := property["default"]
				_, constant := property["const"]
				return defaulted && !constant
			})
		}
		for _, child := range v {
			forgiveDefaulted(child)
		}
	}
}

// fitsByDefaults tells whether value fits a schema once the connector has put
// its defaults in. It is asked only of a value that does not fit as it is, so
// that it never makes a fitting one ambiguous.
func (e *patternEngine) fitsByDefaults(schema map[string]any, value any) bool {
	forgiveDefaulted(schema)
	sanitize(schema)
	found, wrong := e.validate(schema, value, false)
	return found == nil && wrong == nil
}
