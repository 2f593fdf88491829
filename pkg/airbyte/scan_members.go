package airbyte

// nextKey goes to the next member of an object, from behind its brace (first)
// or from behind a member's value. It gives the key's contents and the index
// at which the value starts; or, with more false, the index behind the object.
func nextKey(b []byte, i int, first bool) (key Span, value int, more bool, p Problem) {
	if key, value = shortKey(b, i, first); value > 0 {
		return key, skipBlanks(b, value), true, ProblemNone
	}
	i = skipBlanks(b, i)
	if i < len(b) && b[i] == '}' {
		return Span{}, i + 1, false, ProblemNone
	}
	if !first {
		if i, p = wantByte(b, i, ','); p != ProblemNone {
			return Span{}, i, false, p
		}
		i = skipBlanks(b, i)
	}
	if i, p = wantByte(b, i, '"'); p != ProblemNone {
		return Span{}, i, false, p
	}
	key.Start = i
	if i, p = scanString(b, i); p != ProblemNone {
		return Span{}, i, false, p
	}
	key.End = i - 1
	if i, p = wantByte(b, skipBlanks(b, i), ':'); p != ProblemNone {
		return Span{}, i, false, p
	}
	return key, skipBlanks(b, i), true, ProblemNone
}

// shortKey is nextKey for the keys nearly all are: below 16 bytes, plain, at most
// a blank after the comma and none before the colon. Of others value is 0.
func shortKey(b []byte, i int, first bool) (key Span, value int) {
	if i > len(b)-20 {
		return Span{}, 0
	}
	if !first {
		if b[i] != ',' {
			return Span{}, 0
		}
		i++
		if b[i] == ' ' {
			i++
		}
	}
	if b[i] != '"' {
		return Span{}, 0
	}
	i++
	n := plain16(b, i)
	if n == 16 || b[i+n] != '"' || b[i+n+1] != ':' {
		return Span{}, 0
	}
	return Span{i, i + n}, i + n + 2
}

func wantByte(b []byte, i int, c byte) (int, Problem) {
	switch {
	case i >= len(b):
		return len(b), ProblemTruncated
	case b[i] != c:
		return i, ProblemSyntax
	}
	return i + 1, ProblemNone
}
