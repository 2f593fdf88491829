package connection

import (
	"cmp"
	"slices"
	"strings"
)

// Problem is one thing that is wrong in what the user wrote. None of its texts
// holds a value of a config.
type Problem struct {
	// Origin is where; its File is empty for what no file gave.
	Origin Origin
	// Field is the path of the field, such as spec.streams[0].syncMode, or a
	// JSON pointer where only a config was checked. Empty: the document or file.
	Field string
	// Message says what is wrong.
	Message string
	// Hint says what to do, or is empty.
	Hint string
}

// String gives "file:line: field: message; hint" without what is not known.
func (p Problem) String() string {
	var b strings.Builder
	if p.Origin.File != "" {
		b.WriteString(p.Origin.String() + ": ")
	}
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems is everything that is wrong, in the order of files, lines and
// fields. It is the error of all checks of this package: whoever gets one may
// take it as the user's to mend (exit code 2).
type Problems struct{ List []Problem }

// Error gives one problem per line.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, problem := range p.List {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// problems makes an error of a list, nil of an empty one.
func problems(list []Problem) error {
	if len(list) == 0 {
		return nil
	}
	sortProblems(list)
	return &Problems{List: slices.Compact(list)}
}

// problem is the error of one problem.
func problem(o Origin, field, message, hint string) error {
	return &Problems{List: []Problem{{Origin: o.At(field), Field: field, Message: message, Hint: hint}}}
}

func sortProblems(list []Problem) {
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Origin.File, b.Origin.File),
			cmp.Compare(a.Origin.Line, b.Origin.Line),
			cmp.Compare(a.Field, b.Field),
			cmp.Compare(a.Message, b.Message),
		)
	})
}
