package crd

import "testing"

func BenchmarkReadingAConnection(b *testing.B) {
	u := made("Connection", "a", "orders", spec{
		"source": "shop", "destination": "lake", "schedule": spec{"cron": "0 2 * * *", "timeZone": "Europe/Berlin"},
		"streams": []any{spec{"name": "users", "syncMode": "incremental"}, spec{"name": "orders"}},
	})
	for b.Loop() {
		if read(u).problem != nil {
			b.Fatal("it has a problem")
		}
	}
}
