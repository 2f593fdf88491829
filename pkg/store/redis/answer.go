package redis

// split takes a script's answer apart: the word that names the outcome, and the
// rest.
func split(answer []any) (word string, rest []string) {
	for i, a := range answer {
		s, _ := a.(string)
		if i == 0 {
			word = s
		} else {
			rest = append(rest, s)
		}
	}
	return word, rest
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// pairs makes a map of fields and values in turn.
func pairs(list []string) map[string]string {
	m := make(map[string]string, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}
