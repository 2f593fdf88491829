//go:build linux

package launcher

import (
	"maps"
	"slices"
	"strings"
)

// added are variables set for every connector that its image or its pod does not
// set. All of the container's environment is passed on as it is: the image and
// the pod's builder decide what is in it, and what is set here has a reason each.
var added = []struct{ name, value string }{
	// Without it older Java kits send one LEGACY state for all streams.
	{"USE_STREAM_CAPABLE_STATE", "true"},
	// CLOUD makes connectors refuse what is fine within one's own cluster, such
	// as unencrypted database connections.
	{"DEPLOYMENT_MODE", "OSS"},
}

// utf8Locale is set when the image has no locale at all: older Java then writes
// "?" for letters beyond ASCII.
const utf8Locale = "LANG=C.UTF-8"

// environment gives the connector's variables.
func environment(env []string) []string {
	env = env[:len(env):len(env)]
	for _, v := range added {
		if !isSet(env, v.name+"=") {
			env = append(env, v.name+"="+v.value)
		}
	}
	if !isSet(env, "LANG=") && !isSet(env, "LC_") {
		env = append(env, utf8Locale)
	}
	return env
}

// overlay puts the variables of the START over those of the container.
func overlay(env []string, over map[string]string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		_, replaced := over[name]
		return replaced
	})
	for _, name := range slices.Sorted(maps.Keys(over)) {
		env = append(env, name+"="+over[name])
	}
	return env
}

// isSet tells whether an entry begins so.
func isSet(env []string, prefix string) bool {
	for _, entry := range env {
		if strings.HasPrefix(entry, prefix) {
			return true
		}
	}
	return false
}
