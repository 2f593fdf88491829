package connection

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// The schemes of references.
const (
	SchemeEnv    = "env"
	SchemeFile   = "file"
	SchemeSecret = "secret"
)

// Reference is one ${scheme:name} in a string.
type Reference struct {
	// Scheme is one of the Scheme constants.
	Scheme string
	// Name is the variable of env, the path of file, or "name/key" of secret.
	Name string
}

// String gives the reference as it is written.
func (r Reference) String() string { return "${" + r.Scheme + ":" + r.Name + "}" }

// IsReference tells whether text is one reference and nothing else.
func IsReference(text string) bool {
	pieces, err := parseReferences(text)
	return err == nil && len(pieces) == 1 && pieces[0].reference != nil
}

// piece is a part of a string: literal text, or a reference.
type piece struct {
	literal   string
	reference *Reference
}

// referenceError says what is wrong with a reference; it never holds the
// text around it.
type referenceError struct{ message, hint string }

func (e *referenceError) Error() string {
	if e.hint == "" {
		return e.message
	}
	return e.message + "; " + e.hint
}

var schemeStart = regexp.MustCompile(`^\$\{([A-Za-z][A-Za-z0-9_-]*):`)

const escapeHint = "write $${ for a ${ that is meant as it stands"

// parseReferences splits text at its references. A ${ that no scheme and colon
// follow is literal text, as templates of connectors hold it (${NAMESPACE});
// $${ is a literal ${.
func parseReferences(text string) ([]piece, *referenceError) {
	var pieces []piece
	var literal strings.Builder
	for text != "" {
		at := strings.IndexByte(text, '$')
		if at < 0 {
			break
		}
		literal.WriteString(text[:at])
		text = text[at:]
		if rest, ok := strings.CutPrefix(text, "$${"); ok {
			literal.WriteString("${")
			text = rest
			continue
		}
		scheme := schemeStart.FindStringSubmatch(text)
		if scheme == nil {
			literal.WriteByte('$')
			text = text[1:]
			continue
		}
		ref, rest, err := parseReference(scheme[1], text[len(scheme[0]):])
		if err != nil {
			return nil, err
		}
		if literal.Len() > 0 {
			pieces = append(pieces, piece{literal: literal.String()})
			literal.Reset()
		}
		pieces = append(pieces, piece{reference: ref})
		text = rest
	}
	literal.WriteString(text)
	if literal.Len() > 0 {
		pieces = append(pieces, piece{literal: literal.String()})
	}
	return pieces, nil
}

// parseReference reads what follows ${scheme: up to the }.
func parseReference(scheme, text string) (*Reference, string, *referenceError) {
	known := []string{SchemeEnv, SchemeFile, SchemeSecret}
	name, rest, closed := strings.Cut(text, "}")
	switch {
	case scheme != SchemeEnv && scheme != SchemeFile && scheme != SchemeSecret:
		return nil, "", &referenceError{fmt.Sprintf("unknown kind of reference ${%s:...}", scheme), didYouMean(scheme, known) + "; " + escapeHint}
	case !closed:
		return nil, "", &referenceError{fmt.Sprintf("the reference ${%s:... has no }", scheme), escapeHint}
	case strings.Contains(name, "${"):
		return nil, "", &referenceError{fmt.Sprintf("a reference inside of ${%s:...}", scheme), "references do not nest"}
	}
	ref := &Reference{Scheme: scheme, Name: name}
	if err := ref.check(); err != nil {
		return nil, "", err
	}
	return ref, rest, nil
}

var (
	envName    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
	secretName = regexp.MustCompile(`^[A-Za-z0-9]([-._A-Za-z0-9]*)/[A-Za-z0-9_.]([-._A-Za-z0-9]*)$`)
)

func (r Reference) check() *referenceError {
	switch {
	case r.Scheme == SchemeEnv && !envName.MatchString(r.Name):
		return &referenceError{"${env:...} names no environment variable", "write ${env:NAME}"}
	case r.Scheme == SchemeFile && (r.Name == "" || strings.ContainsAny(r.Name, "\x00\n") || filepath.Clean(r.Name) == "."):
		return &referenceError{"${file:...} names no file", "write ${file:PATH}, relative to the file it stands in"}
	case r.Scheme == SchemeSecret && (!secretName.MatchString(r.Name) || strings.HasSuffix(r.Name, "/.") || strings.HasSuffix(r.Name, "/..")):
		return &referenceError{"${secret:...} names no secret", "write ${secret:NAME/KEY}, of letters, digits, -, _ and ."}
	}
	return nil
}

// checkReferences reports references in text that no Resolver could resolve.
func checkReferences(field, text string) []Problem {
	if _, err := parseReferences(text); err != nil {
		return []Problem{{Field: field, Message: err.message, Hint: err.hint}}
	}
	return nil
}
