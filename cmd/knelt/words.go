package main

import (
	"strings"
	"unicode"
)

// quote writes a word so that a shell reads it as one.
func quote(word string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-./:=@%+,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// split reads a command line as a shell would without expanding anything: words
// between blanks, '...' and "..." quote, a backslash takes the next character as
// it is.
func split(line string) ([]string, error) {
	s := splitter{}
	for _, r := range line {
		s.next(r)
	}
	if s.quoted != 0 || s.escaped {
		return nil, usagef("--command: a quote is not closed")
	}
	s.end()
	return s.words, nil
}

type splitter struct {
	words   []string
	word    strings.Builder
	inWord  bool
	quoted  rune
	escaped bool
}

func (s *splitter) next(r rune) {
	switch {
	case s.escaped:
		s.escaped = false
		s.take(r)
	case r == '\\' && s.quoted != '\'':
		s.escaped, s.inWord = true, true
	case s.quoted != 0 && r == s.quoted:
		s.quoted = 0
	case s.quoted == 0 && (r == '\'' || r == '"'):
		s.quoted, s.inWord = r, true
	case s.quoted == 0 && unicode.IsSpace(r):
		s.end()
	default:
		s.take(r)
	}
}

func (s *splitter) take(r rune) {
	s.inWord = true
	s.word.WriteRune(r)
}

func (s *splitter) end() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
	}
	s.inWord = false
	s.word.Reset()
}
