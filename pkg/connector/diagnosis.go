package connector

// The texts by which programs tell on stderr that memory was short. They are
// looked for in all of it: node prints pages of native stack behind its line.
const (
	javaSign   = "java.lang.OutOfMemoryError"
	nodeSign   = "JavaScript heap out of memory"
	goSign     = "fatal error: runtime: out of memory"
	pythonSign = "MemoryError"
)

var signs = [...]string{javaSign, nodeSign, goSign, pythonSign}

// evidence is what is known about an end beside its code.
type evidence struct {
	Exit
	kernelKilled bool
	said         func(sign string) bool
}

// diagnoses is the whole of what an end is taken to mean. The first that holds
// counts. oom marks those that are sure; the others are only a reason to show.
var diagnoses = []struct {
	oom    bool
	reason string
	holds  func(evidence) bool
}{
	// The kernel's counter of the cgroup rose while the program ran, and
	// nobody here sent the SIGKILL.
	{
		true, "the kernel ended it for want of memory",
		func(e evidence) bool { return e.Signal == "SIGKILL" && !e.Terminated && e.kernelKilled },
	},
	// -XX:+ExitOnOutOfMemoryError, which Airbyte's images set, ends with 3.
	{
		true, "Java ran out of heap memory",
		func(e evidence) bool { return e.Code == 3 && e.said(javaSign) },
	},
	// V8 aborts: 134 is 128+SIGABRT.
	{
		true, "node ran out of heap memory",
		func(e evidence) bool { return e.Code == 134 && e.said(nodeSign) },
	},
	{
		true, "Go ran out of memory",
		func(e evidence) bool { return e.Code == 2 && e.said(goSign) },
	},
	// Without ExitOnOutOfMemoryError one thread may have failed for it while
	// the program ended for another reason.
	{
		false, "it reported a java.lang.OutOfMemoryError",
		func(e evidence) bool { return e.Code != 0 && e.said(javaSign) },
	},
	// A library can raise it for a single absurd allocation.
	{
		false, "it reported a MemoryError",
		func(e evidence) bool { return e.Code != 0 && e.said(pythonSign) },
	},
	{
		false, "something other than the engine killed it, often for want of memory",
		func(e evidence) bool { return e.Signal == "SIGKILL" && !e.Terminated },
	},
	// What shells and /usr/bin/env answer.
	{
		false, "a program that it calls was not found",
		func(e evidence) bool { return e.Code == 127 },
	},
	{
		false, "a program that it calls cannot be executed",
		func(e evidence) bool { return e.Code == 126 },
	},
}

// diagnose sets OOM and Reason.
func (e *Exit) diagnose(kernelKilled bool, said func(string) bool) {
	known := evidence{Exit: *e, kernelKilled: kernelKilled, said: said}
	for _, d := range diagnoses {
		if d.holds(known) {
			e.OOM, e.Reason = d.oom, d.reason
			return
		}
	}
}
