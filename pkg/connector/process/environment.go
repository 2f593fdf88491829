package process

import (
	"os"
	"slices"
	"strings"

	"knelt.dev/pkg/connector"
)

// markVariable names the run a process belongs to, so that Sweep recognises
// those that a dead engine left behind. No connector reads it.
const markVariable = "KNELT_RUN"

// inherited are the variables taken over from the engine: where programs, the
// home, temporary files and certificates are, the proxies, and the time zone.
// TMPDIR is not made private: programs put sockets there, whose paths may have
// 108 bytes only.
var inherited = []string{
	"PATH", "HOME", "TMPDIR", "TZ", "LANG",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
	"http_proxy", "https_proxy", "no_proxy", "all_proxy",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
}

// platform are the variables set as Airbyte's platform sets them. These of
// its others are left out on purpose:
//
//   - WORKER_JOB_ID switches a kit to per-stream states, adds a copy of the data
//     to every record and emits states for streams not asked for;
//     WORKER_JOB_ATTEMPT and WORKER_CONNECTOR_IMAGE belong to it.
//   - AUTO_DETECT_SCHEMA and CONCURRENT_SOURCE_STREAM_READ are the platform's own
//     switches; LOG_LEVEL is the user's.
//   - USE_FILE_TRANSFER and AIRBYTE_STAGING_DIRECTORY promise a shared volume.
//   - DATA_CHANNEL_*: unset means standard streams with JSON lines.
//   - AIRBYTE_ENABLE_UNSAFE_CODE lets a config bring code: the user decides.
//   - JAVA_OPTS belongs to the connector's image or Env.
var platform = map[string]string{
	// Without it older Java kits send one LEGACY state for all streams.
	"USE_STREAM_CAPABLE_STATE": "true",
	// CLOUD makes connectors refuse what is fine on one's own machine, such as
	// unencrypted database connections.
	"DEPLOYMENT_MODE": "OSS",
}

// utf8Locale is set when the engine has no locale at all, as under cron or
// systemd: older Java then writes "?" for letters beyond ASCII.
const utf8Locale = "C.UTF-8"

// environment makes the connector's variables from the engine's; c.Env wins.
func environment(c connector.Connector, engine []string) []string {
	vars, located := map[string]string{}, false
	for _, entry := range engine {
		name, value, _ := strings.Cut(entry, "=")
		locale := strings.HasPrefix(name, "LC_")
		if locale || slices.Contains(inherited, name) {
			vars[name] = value
			located = located || locale || name == "LANG"
		}
	}
	if !located {
		vars["LANG"] = utf8Locale
	}
	for _, more := range []map[string]string{platform, c.Env} {
		for name, value := range more {
			vars[name] = value
		}
	}
	list := make([]string, 0, len(vars))
	for name, value := range vars {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

// checkEnv refuses what no process can be given. Values stay out of the error.
func checkEnv(c connector.Connector) error {
	for name, value := range c.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(value, "\x00") {
			return &connector.StartError{
				Program: c.Command[0],
				Problem: "its variable " + strings.ToValidUTF8(quote(name), "?") + " has an empty name, a \"=\" in the name or a NUL character",
				Fix:     "correct it in the connector's env",
			}
		}
	}
	return nil
}

// lookup finds a variable in an environment list.
func lookup(env []string, name string) string {
	for _, entry := range env {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	return ""
}

// engineEnv is the engine's environment.
func engineEnv() []string { return os.Environ() }
