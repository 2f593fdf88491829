package connection

import (
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// patternTimeout bounds one match: regular expressions with lookaheads, which
// specs use, can take exponential time.
const patternTimeout = 200 * time.Millisecond

// patternEngine compiles the regular expressions of a spec and notes those
// that took too long; they count as matched.
type patternEngine struct{ timedOut atomic.Bool }

func (e *patternEngine) compile(text string) (jsonschema.Regexp, error) {
	re, err := compilePattern(text)
	if err != nil {
		return nil, err
	}
	return &boundedPattern{re: re, engine: e}, nil
}

// compilePattern reads text as JavaScript would, as JSON Schema asks, and
// else as .NET would, whose syntax has what Python and Java add.
func compilePattern(text string) (*regexp2.Regexp, error) {
	re, err := regexp2.Compile(text, regexp2.ECMAScript)
	if err != nil {
		re, err = regexp2.Compile(text, regexp2.None)
	}
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = patternTimeout
	return re, nil
}

func validPattern(text string) bool {
	_, err := compilePattern(text)
	return err == nil
}

type boundedPattern struct {
	re     *regexp2.Regexp
	engine *patternEngine
}

func (p *boundedPattern) MatchString(s string) bool {
	matched, err := p.re.MatchString(s)
	if err != nil {
		p.engine.timedOut.Store(true)
		return true
	}
	return matched
}

func (p *boundedPattern) String() string { return p.re.String() }
