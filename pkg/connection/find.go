package connection

import (
	"fmt"
	"slices"
	"strings"
)

// Find tells which connection is meant, by its key (see Metadata.Key) among those
// there are:
//
//	NAMESPACE/NAME  that one; a namespace of "-" is none, as in the API
//	NAME            the one without a namespace, or else of the only namespace that has one
//	NAMESPACE/      the only one of a namespace
//	""              the only one there is
//
// Wherever a user names a connection, this decides. The error is a *Problems, with
// the keys that are near, or those there are.
func Find(name string, keys []string) (string, error) {
	namespace, bare, qualified := strings.Cut(name, "/")
	switch {
	case name == "":
		return only(keys, "")
	case qualified && bare == "":
		return only(slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !InNamespace(key, namespace) }), " in the namespace "+namespace)
	case namespace == "-" && qualified:
		name = bare
	}
	if slices.Contains(keys, name) {
		return name, nil
	}
	var same []string
	for _, key := range keys {
		if strings.HasSuffix(key, "/"+bareName(name)) {
			same = append(same, key)
		}
	}
	switch {
	case qualified || len(same) == 0:
		return "", problem(Origin{}, "", fmt.Sprintf("no Connection %q", name), meant(name, same, keys))
	case len(same) > 1:
		return "", problem(Origin{}, "", fmt.Sprintf("several Connections are named %q", name), "say which: "+listNames(same))
	}
	return same[0], nil
}

// InNamespace tells whether a key is one of a namespace, or of none for "-".
func InNamespace(key, namespace string) bool {
	of, _, is := strings.Cut(key, "/")
	return is && of == namespace || !is && namespace == "-"
}

// only gives the only key.
func only(keys []string, where string) (string, error) {
	switch len(keys) {
	case 0:
		return "", problem(Origin{}, "", "there is no Connection"+where, "")
	case 1:
		return keys[0], nil
	}
	return "", problem(Origin{}, "", "several Connections"+where+", and none was chosen", "name one of: "+listNames(keys))
}

func bareName(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// meant gives `did you mean "a/x" or "b/x"?`: those of the same name in other
// namespaces, or else those that are near, or else the list of all.
func meant(name string, same, keys []string) string {
	const most = 5
	found := same
	if len(found) == 0 {
		found = nearKeys(name, keys)
	}
	if len(found) == 0 {
		return didYouMean(name, keys)
	}
	found = slices.Clone(found[:min(len(found), most)])
	for i, key := range found {
		found[i] = fmt.Sprintf("%q", key)
	}
	return "did you mean " + strings.Join(found, " or ") + "?"
}

// nearKeys gives the keys that a name may stand for, those that are nearest. A
// name without a namespace is compared with the bare ones.
func nearKeys(name string, keys []string) []string {
	var found []string
	best := -1
	for _, key := range slices.Sorted(slices.Values(keys)) {
		other := key
		if !strings.Contains(name, "/") {
			other = bareName(key)
		}
		switch d, is := near(name, other); {
		case !is || best >= 0 && d > best:
		case d == best:
			found = append(found, key)
		default:
			best, found = d, []string{key}
		}
	}
	return found
}
