package kit

import (
	"encoding/json"
	"errors"
	"os"
	"strings"

	"knelt.dev/pkg/airbyte"
)

// Config is the connector's config as JSON, an object.
type Config struct{ raw json.RawMessage }

// NewConfig makes a Config of JSON, for tests of a connector's parts.
func NewConfig(raw json.RawMessage) Config { return Config{raw: raw} }

// Into reads the config into v, a pointer to a struct with json tags. Set the
// defaults in v before. Unknown properties are left alone. An error is a
// ConfigError that names the property and not its value.
func (c Config) Into(v any) error {
	err := json.Unmarshal(c.raw, v)
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return ConfigError("config: not valid JSON (byte %d)", syntax.Offset)
	case errors.As(err, &wrongType):
		got, _, _ := strings.Cut(wrongType.Value, " ")
		return ConfigError("config: %s must be %s, not %s", propertyName(wrongType.Field), wordFor(wrongType.Type.Kind().String()), wordFor(got))
	case err != nil:
		return ConfigError("config: cannot be read: %w", err)
	}
	return nil
}

func propertyName(field string) string {
	if field == "" {
		return "the whole"
	}
	return field
}

// wordFor gives JSON Schema's word for a Go or JSON type.
func wordFor(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "an integer"
	case strings.HasPrefix(kind, "float"), kind == "number":
		return "a number"
	case kind == "struct", kind == "map", kind == "object":
		return "an object"
	case kind == "slice", kind == "array":
		return "an array"
	case strings.HasPrefix(kind, "bool"):
		return "true or false"
	}
	return "a " + kind
}

func loadConfig(path string) (Config, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Config{}, ConfigError("config: %w", err)
	}
	config := Config{raw: raw}
	var object map[string]json.RawMessage
	return config, config.Into(&object)
}

func loadCatalog(path string) (*airbyte.ConfiguredCatalog, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, ConfigError("catalog: %w", err)
	}
	catalog := new(airbyte.ConfiguredCatalog)
	if err := airbyte.Unmarshal(raw, catalog); err != nil {
		return nil, ConfigError("catalog: %w", err)
	}
	return catalog, nil
}
