// Command eater is a source that eats memory until it is ended for it.
package main

import (
	"fmt"
	"os"
	"time"
)

const (
	spec    = `{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}`
	catalog = `{"type":"CATALOG","catalog":{"streams":[{"name":"users","json_schema":{"type":"object"},"supported_sync_modes":["full_refresh"]}]}}`
)

func main() {
	switch os.Args[1] {
	case "spec":
		fmt.Println(spec)
	case "discover":
		fmt.Println(catalog)
	case "read":
		eat()
	}
}

func eat() {
	var eaten [][]byte
	for {
		bite := make([]byte, 4<<20)
		for i := range bite {
			bite[i] = byte(i) // a page that nobody wrote to takes no memory
		}
		eaten = append(eaten, bite)
		fmt.Printf(`{"type":"LOG","log":{"level":"INFO","message":"%d bites eaten"}}`+"\n", len(eaten))
		time.Sleep(10 * time.Millisecond)
	}
}
