package connector_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"knelt.dev/pkg/airbyte"
	"knelt.dev/pkg/connector"
)

const (
	specLine    = `{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}` + "\n"
	okLine      = `{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}` + "\n"
	failedLine  = `{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"wrong password"}}` + "\n"
	silentLine  = `{"connectionStatus": {"status": "FAILED"}, "type": "CONNECTION_STATUS"}` + "\n"
	catalogLine = `{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{}}]}}` + "\n"
	nestedLine  = `{"type":"CATALOG","catalog":` + `{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{}}]}}}` + "\n"
	objectsLine = `{"type":"DESTINATION_CATALOG","destination_catalog":{"operations":[]}}` + "\n"
	traceLine   = `{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1.5,"error":{"message":"no route","internal_message":"EHOSTUNREACH","failure_type":"transient_error"}}}` + "\n"
	errorLine   = `{"type":"LOG","log":{"level":"ERROR","message":"table is gone"}}` + "\n"
	infoLine    = `{"type":"LOG","log":{"level":"INFO","message":"starting"}}` + "\n"
	recordLine  = `{"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}}` + "\n"
	controlLine = `{"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1.5,"connectorConfig":{"config":{"token":"new"}}}}` + "\n"
)

func ask(f *fake, c connector.Command, opts connector.AnswerOptions) (*airbyte.Message, error) {
	return connector.Answer(context.Background(), f, connector.Connector{}, connector.Invocation{Command: c}, opts)
}

func TestTheFirstMessageOfTheRightTypeIsTheAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		command connector.Command
		stdout  string
		code    int
		want    airbyte.Type
	}{
		"spec":                         {connector.Spec, specLine, 0, airbyte.Spec},
		"check":                        {connector.Check, okLine, 0, airbyte.ConnectionStatus},
		"discover":                     {connector.Discover, catalogLine, 0, airbyte.Catalog},
		"discover of a destination":    {connector.Discover, objectsLine, 0, airbyte.DestinationCatalog},
		"logs around it":               {connector.Check, "Loading...\n" + infoLine + "\n\n" + okLine + "bye\n" + traceLine, 0, airbyte.ConnectionStatus},
		"a record, a broken line":      {connector.Check, recordLine + `{"type":"RECORD","record":{` + "\n" + okLine, 0, airbyte.ConnectionStatus},
		"the exit code does not count": {connector.Check, okLine, 1, airbyte.ConnectionStatus},
		"the second does not count":    {connector.Check, okLine + failedLine, 0, airbyte.ConnectionStatus},
		"no newline at its end":        {connector.Spec, strings.TrimSpace(specLine), 0, airbyte.Spec},
		"status before the catalog":    {connector.Discover, okLine + catalogLine, 0, airbyte.Catalog},
		"nested twice":                 {connector.Discover, nestedLine, 0, airbyte.Catalog},
	} {
		f := &fake{stdout: c.stdout, exit: connector.Exit{Code: c.code}}
		m, err := ask(f, c.command, connector.AnswerOptions{})
		if err != nil || m.Type != c.want {
			t.Errorf("%s: got %+v, %v", name, m, err)
			continue
		}
		if !f.closed {
			t.Errorf("%s: stdin was left open", name)
		}
		if m.Type == airbyte.ConnectionStatus && m.ConnectionStatus.Status != airbyte.CheckSucceeded {
			t.Errorf("%s: got %+v", name, m.ConnectionStatus)
		}
		if m.Type == airbyte.Catalog && m.Catalog.Streams[0].Name != "users" {
			t.Errorf("%s: got %+v", name, m.Catalog)
		}
	}
}

func TestAFailedCheckIsAnAnswerWithAReason(t *testing.T) {
	for want, f := range map[string]*fake{
		"wrong password":               {stdout: errorLine + failedLine},
		"no route":                     {stdout: traceLine + silentLine, exit: connector.Exit{Code: 1}},
		"table is gone":                {stdout: errorLine + "by the way\n" + silentLine},
		"the connector gave no reason": {stdout: silentLine},
		"the connector gave no reason; the last line it wrote: hm": {stdout: "hm\n" + silentLine},
	} {
		m, err := ask(f, connector.Check, connector.AnswerOptions{})
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		if s := m.ConnectionStatus; s.Status != airbyte.CheckFailed || s.Message != want {
			t.Errorf("got %+v, want message %q", s, want)
		}
	}
}

func TestNoAnswerIsAnErrorThatSaysWhatIsKnown(t *testing.T) {
	for name, c := range map[string]struct {
		command connector.Command
		fake    *fake
		kind    airbyte.FailureType
		wants   []string
	}{
		"trace":             {connector.Discover, &fake{stdout: traceLine + "x\n", stderr: "Traceback\n", exit: connector.Exit{Code: 1}}, airbyte.TransientError, []string{"discover of source shop failed", "no route", "code 1", "Traceback"}},
		"exit 0":            {connector.Check, &fake{stdout: "Please provide path to config\n"}, airbyte.SystemError, []string{"without a CONNECTION_STATUS", "Please provide path to config", "code 0"}},
		"log only":          {connector.Check, &fake{stdout: errorLine + "bye\n", exit: connector.Exit{Code: 1}}, airbyte.SystemError, []string{"table is gone"}},
		"nothing":           {connector.Spec, &fake{exit: connector.Exit{Code: 137, Signal: "SIGKILL", OOM: true, Reason: "the kernel ended it for want of memory"}}, airbyte.SystemError, []string{"without a SPEC", "137 (SIGKILL)", "want of memory"}},
		"refused discover":  {connector.Discover, &fake{stdout: failedLine}, airbyte.ConfigError, []string{"wrong password"}},
		"refused silently":  {connector.Discover, &fake{stdout: traceLine + silentLine}, airbyte.ConfigError, []string{"no route"}},
		"refused, then not": {connector.Discover, &fake{stdout: failedLine + catalogLine}, airbyte.ConfigError, []string{"wrong password"}},
		"cut off":           {connector.Discover, &fake{stdout: catalogLine[:40]}, airbyte.SystemError, []string{"without a CATALOG", "40 bytes"}},
		"of another type":   {connector.Check, &fake{stdout: specLine}, airbyte.SystemError, []string{"without a CONNECTION_STATUS"}},
	} {
		m, err := ask(c.fake, c.command, connector.AnswerOptions{Name: "source shop"})
		var e *connector.AnswerError
		if !errors.As(err, &e) || m != nil {
			t.Errorf("%s: got %+v, %v", name, m, err)
			continue
		}
		if e.FailureType != c.kind {
			t.Errorf("%s: failure type %s, want %s", name, e.FailureType, c.kind)
		}
		for _, want := range c.wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
	}
}

func TestErrorsAreRedactedAndShowNoRecords(t *testing.T) {
	f := &fake{stdout: "password hunter2\n" + `{"type":"RECORD","record":{"data":"private"` + "\n", stderr: "hunter2 again\n", exit: connector.Exit{Code: 1}}
	_, err := ask(f, connector.Check, connector.AnswerOptions{
		Redact: func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") },
	})
	if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "private") || !strings.Contains(err.Error(), "*** again") {
		t.Errorf("got %v", err)
	}
}

func TestAControlMessageIsHandedOnBeforeWhatFollows(t *testing.T) {
	var order []string
	f := &fake{stdout: controlLine + infoLine + okLine + controlLine}
	_, err := ask(f, connector.Check, connector.AnswerOptions{
		Control: func(m *airbyte.ControlMessage) error {
			order = append(order, string(m.ConnectorConfig.Config))
			return nil
		},
		Log: func(l connector.LogLine) { order = append(order, l.Text) },
	})
	if want := `{"token":"new"} starting {"token":"new"}`; err != nil || strings.Join(order, " ") != want {
		t.Errorf("got %q, %v; want %q", order, err, want)
	}
}

func TestAControlMessageThatCannotBeKeptFailsTheCommand(t *testing.T) {
	full := errors.New("disk full")
	f := &fake{stdout: controlLine + okLine, stays: true}
	_, err := ask(f, connector.Check, connector.AnswerOptions{Control: func(*airbyte.ControlMessage) error { return full }})
	if !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
}

func TestLinesOfTheLogKeepLevelAndOrigin(t *testing.T) {
	var got []string
	f := &fake{stdout: infoLine + "plain\r\n" + traceLine + recordLine + okLine, stderr: "warning\n\n"}
	_, err := ask(f, connector.Check, connector.AnswerOptions{Log: func(l connector.LogLine) {
		got = append(got, l.Level+" "+string(l.Origin)+" "+l.Text)
	}})
	all := "\n" + strings.Join(got, "\n") + "\n"
	for _, want := range []string{
		"INFO log starting", "INFO stdout plain", "ERROR trace no route (EHOSTUNREACH)",
		"INFO stderr warning", "DEBUG engine a RECORD does not belong to check and is passed over",
	} {
		if !strings.Contains(all, "\n"+want+"\n") {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if err != nil || len(got) != 5 {
		t.Errorf("got %d lines %q, %v", len(got), got, err)
	}
}

func TestOneThatGoesOnAfterItsAnswerIsEnded(t *testing.T) {
	f := &fake{stdout: okLine, stays: true}
	m, err := ask(f, connector.Check, connector.AnswerOptions{Linger: 10 * time.Millisecond})
	if err != nil || m.ConnectionStatus.Status != airbyte.CheckSucceeded {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestADeadlineNamesTheCommandAndTheTime(t *testing.T) {
	f := &fake{stdout: infoLine + "connecting\n", stays: true}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := connector.Answer(ctx, f, connector.Connector{}, connector.Invocation{Command: connector.Discover}, connector.AnswerOptions{Name: "source shop"})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"discover of source shop", "no answer within", "ms", "connecting"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestACancelledCommandIsNoTimeout(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	f := &fake{stdout: infoLine, stays: true}
	_, err := connector.Answer(ctx, f, connector.Connector{}, connector.Invocation{Command: connector.Check},
		connector.AnswerOptions{Log: func(connector.LogLine) { cancel() }})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "cancelled") {
		t.Errorf("got %v", err)
	}
}

func TestWhatTheRuntimeSaysIsPassedOn(t *testing.T) {
	lost := errors.New("pod lost")
	if _, err := ask(&fake{waitErr: lost}, connector.Check, connector.AnswerOptions{}); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
	start := &connector.StartError{Program: "x", Problem: "gone", Fix: "build it"}
	if _, err := ask(&fake{startErr: start}, connector.Check, connector.AnswerOptions{}); !errors.Is(err, start) {
		t.Errorf("got %v", err)
	}
	if _, err := ask(&fake{stdout: okLine, waitErr: lost}, connector.Check, connector.AnswerOptions{}); err != nil {
		t.Errorf("an answer was lost with the pod: %v", err)
	}
}

func TestACatalogOfFiftyMegabytesIsRead(t *testing.T) {
	big := `{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{"d":"` + strings.Repeat("x", 49_000_000) + `"}}]}}` + "\n"
	m, err := ask(&fake{stdout: big}, connector.Discover, connector.AnswerOptions{})
	if err != nil || len(m.Catalog.Streams) != 1 || len(m.Catalog.Streams[0].JSONSchema) < 49_000_000 {
		t.Fatalf("got %v", err)
	}
}

func TestALineOverTheLimitIsNamedInTheError(t *testing.T) {
	_, err := ask(&fake{stdout: catalogLine}, connector.Discover, connector.AnswerOptions{LineLimit: 20})
	if err == nil || !strings.Contains(err.Error(), "limit of 20 bytes") || strings.Contains(err.Error(), "users") {
		t.Errorf("got %v", err)
	}
	m, err := ask(&fake{stdout: strings.Repeat("x", 500) + "\n" + okLine}, connector.Check, connector.AnswerOptions{LineLimit: 100})
	if err != nil || m.Type != airbyte.ConnectionStatus {
		t.Errorf("got %+v, %v", m, err)
	}
}
