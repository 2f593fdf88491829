package connection

import "testing"

func TestAConnectionIsFoundByWhatIsSaidOfIt(t *testing.T) {
	keys := []string{"plain", "eu/orders", "us/orders", "us/users", "eu/plain", "asia/only"}
	for name, want := range map[string]string{
		"us/orders": "us/orders",
		"users":     "us/users",
		"plain":     "plain", // without a namespace: it could not be named otherwise
		"-/plain":   "plain",
		"eu/plain":  "eu/plain",
		"asia/":     "asia/only",
		"-/":        "plain",
	} {
		if got, err := Find(name, keys); err != nil || got != want {
			t.Errorf("%s: %q, want %q (%v)", name, got, want, err)
		}
	}
	if got, err := Find("", []string{"eu/orders"}); err != nil || got != "eu/orders" {
		t.Error(got, err)
	}
}

func TestAConnectionThatIsNotFoundIsToldWithThoseNear(t *testing.T) {
	keys := []string{"plain", "eu/orders", "us/orders", "us/users", "eu/invoices"}
	for name, want := range map[string]string{
		"orders":      `several Connections are named "orders"; say which: "eu/orders", "us/orders"`,
		"asia/orders": `no Connection "asia/orders"; did you mean "eu/orders" or "us/orders"?`,
		"oders":       `no Connection "oders"; did you mean "eu/orders" or "us/orders"?`,
		"us/uesrs":    `no Connection "us/uesrs"; did you mean "us/users"?`,
		"-/orders":    `no Connection "orders"; did you mean "eu/orders" or "us/orders"?`,
		"xyz":         `no Connection "xyz"; known: "eu/invoices", "eu/orders", plain, "us/orders", "us/users"`,
		"eu/":         `several Connections in the namespace eu, and none was chosen; name one of: "eu/invoices", "eu/orders"`,
		"asia/":       `there is no Connection in the namespace asia`,
		"":            `several Connections, and none was chosen; name one of: "eu/invoices", "eu/orders", plain, "us/orders", "us/users"`,
	} {
		if got, err := Find(name, keys); err == nil || err.Error() != want || got != "" {
			t.Errorf("%q: %q\ngot  %v\nwant %s", name, got, err, want)
		}
	}
}
