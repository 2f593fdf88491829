package connection

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

var (
	syntaxLine = regexp.MustCompile(`^line (\d+): `)
	quotedPart = regexp.MustCompile("'[^']*'|`[^`]*`|\"[^\"]*\"")
	// parserMessage are the errors whose lines the library counts from 0.
	parserMessage = regexp.MustCompile(`^did not find expected (key|node content|',' or|'-' indicator|<document start>)`)
	indentWithTab = regexp.MustCompile(`^[ ]*\t[ \t]*[^\s]`)
)

// reportSyntax reports what the YAML parser could not read. What the parser
// quotes is left out: an unquoted password that starts with * is an alias to it.
func (r *reader) reportSyntax(text []byte, err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := syntaxLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits by the pattern; one too large leaves a large line
		message = message[len(m[0]):]
	}
	if anchor, ok := unknownAnchor(message); ok {
		r.report(lineOf(text, "*"+anchor), "", "an alias (*name) without its anchor (&name)", "put the value in quotes if it is text that starts with *")
		return
	}
	if at := tabNear(text, line); at > 0 {
		r.report(at, "", "is indented with a tab", "YAML allows only spaces there")
		return
	}
	if parserMessage.MatchString(message) {
		line++
	}
	message = quotedPart.ReplaceAllStringFunc(message, func(quoted string) string {
		if len(quoted) <= len("'-'") {
			return quoted // a sign of YAML itself
		}
		return "..."
	})
	r.report(line, "", "is not valid YAML: "+message, syntaxHint(message))
}

func unknownAnchor(message string) (string, bool) {
	rest, ok := strings.CutPrefix(message, "unknown anchor '")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "' referenced")
}

// lineOf finds the line that first holds part, 1 if none does.
func lineOf(text []byte, part string) int {
	before, _, ok := bytes.Cut(text, []byte(part))
	if !ok {
		return 1
	}
	return 1 + bytes.Count(before, []byte("\n"))
}

// tabNear finds a line indented with a tab at the line the parser named or
// beside it (it often names a neighbour); 0 if there is none.
func tabNear(text []byte, line int) int {
	lines := bytes.Split(text, []byte("\n"))
	for _, at := range []int{line, line + 1, line - 1} {
		if at >= 1 && at <= len(lines) && indentWithTab.Match(lines[at-1]) {
			return at
		}
	}
	return 0
}

func syntaxHint(message string) string {
	switch {
	case strings.Contains(message, "mapping values are not allowed"):
		return "check the indentation, and put a text that holds \": \" in quotes"
	case strings.Contains(message, "cannot start any token"):
		return "put a text that starts with @, ` or % in quotes"
	case strings.Contains(message, "did not find expected"), strings.Contains(message, "could not find expected"):
		return "check the indentation, brackets and quotes there, just above and just below"
	case strings.Contains(message, "UTF-8"), strings.Contains(message, "control characters"):
		return "save the file as UTF-8 text"
	}
	return ""
}
