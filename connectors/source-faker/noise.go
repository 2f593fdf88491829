package main

import "strings"

// noises are the values of noise: lines that real connectors write between
// messages. None of them is a row that counts.
var noises = map[string]string{
	"text":          "Fetching the next page, please wait...\n",
	"stack_trace":   "Traceback (most recent call last):\n  File \"/source/shop.py\", line 42, in page\n    raise TimeoutError()\nTimeoutError\n",
	"unknown_type":  `{"type":"HEARTBEAT","heartbeat":{"at":1}}` + "\n",
	"long_log":      `{"type":"LOG","log":{"level":"DEBUG","message":"` + strings.Repeat("a very long message ", 10_000) + `"}}` + "\n",
	"broken_record": `{"type":"RECORD","record":{"stream":"users","data":{"id":-1,"name":` + "\n",
	"invalid_utf8":  `{"type":"RECORD","record":{"stream":"users","data":{"id":-1,"name":"` + "\xff\xfe" + `"},"emitted_at":1}}` + "\n",
	"blank":         "\n  \n\r\n",
}

// noise writes the configured lines each noise_every rows.
func (r *read) noise() error {
	if len(r.config.Noise) == 0 || r.total%r.config.NoiseEvery != 0 {
		return nil
	}
	for _, kind := range r.config.Noise {
		r.block = append(r.block, noises[kind]...)
	}
	return r.write()
}
