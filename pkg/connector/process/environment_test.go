package process

import (
	"slices"
	"testing"

	"knelt.dev/pkg/connector"
)

func TestOnlyWhatIsMeantToIsInherited(t *testing.T) {
	engine := []string{
		"PATH=/bin", "HOME=/root", "LC_ALL=de_DE.UTF-8", "TZ=UTC", "https_proxy=http://p", "SSL_CERT_FILE=/c",
		"AWS_SECRET_ACCESS_KEY=x", "WORKER_JOB_ID=1", "WORKER_JOB_ATTEMPT=1", "PYTHONPATH=/x", "LD_PRELOAD=/y", "DEPLOYMENT_MODE=CLOUD",
	}
	want := []string{
		"A=1", "DEPLOYMENT_MODE=OSS", "HOME=/home/c", "LC_ALL=de_DE.UTF-8", "PATH=/bin", "SSL_CERT_FILE=/c",
		"TZ=UTC", "USE_STREAM_CAPABLE_STATE=true", "https_proxy=http://p",
	}
	got := environment(connector.Connector{Env: map[string]string{"A": "1", "HOME": "/home/c"}}, engine)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWithoutALocaleTheConnectorWritesUTF8(t *testing.T) {
	if got := environment(connector.Connector{}, nil); !slices.Contains(got, "LANG=C.UTF-8") {
		t.Errorf("got %q", got)
	}
	if got := environment(connector.Connector{}, []string{"LANG=C"}); !slices.Contains(got, "LANG=C") {
		t.Errorf("got %q", got)
	}
}
