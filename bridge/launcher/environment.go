//go:build linux

package launcher

import "strings"

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

// isSet tells whether an entry begins so.
func isSet(env []string, prefix string) bool {
	for _, entry := range env {
		if strings.HasPrefix(entry, prefix) {
			return true
		}
	}
	return false
}
