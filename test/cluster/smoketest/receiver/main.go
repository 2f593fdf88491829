// Receiver is what the smoke tests run in the cluster. As a server it notes the
// CloudEvents that are posted to it, and tells their ids at /events. With the
// argument "job" it prints the event that JobSink has given it; with "file PATH"
// a file.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "job":
		show(os.Getenv("K_EVENT_PATH") + "/event")
	case len(os.Args) == 3 && os.Args[1] == "file":
		show(os.Args[2])
	default:
		serve()
	}
}

func show(path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal("receiver: ", err)
	}
	fmt.Printf("%s\n", data[:min(len(data), 4096)])
}

type receiver struct {
	mu  sync.Mutex
	ids []string
}

func serve() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	r := &receiver{ids: []string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", r.receive)
	mux.HandleFunc("GET /events", r.events)
	mux.HandleFunc("GET /", hello)
	server := &http.Server{Addr: ":" + port, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal("receiver: ", server.ListenAndServe())
}

// hello tells the pod that answers, and what it was asked.
func hello(w http.ResponseWriter, r *http.Request) {
	name, err := os.Hostname()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "hello from %s: %s %s\n", name, r.Host, r.URL)
}

// receive answers without a body, which to a broker says that there is no reply.
func (r *receiver) receive(w http.ResponseWriter, req *http.Request) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, req.Header.Get("Ce-Id"))
	w.WriteHeader(http.StatusAccepted)
}

func (r *receiver) events(w http.ResponseWriter, _ *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := json.NewEncoder(w).Encode(r.ids); err != nil {
		log.Print("receiver: answering: ", err)
	}
}
