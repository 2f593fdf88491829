//go:build linux

package sidecar

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"knelt.dev/bridge/launcher"
)

// asLauncher and asConnector have the test binary play the other processes.
const (
	asLauncher  = "sidecar-test-launcher"
	asConnector = "sidecar-test-connector"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asLauncher {
		os.Exit(launcher.Main(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == asConnector {
		os.Exit(play(os.Args[2:]))
	}
	goleak.VerifyTestMain(m)
}

// play is a connector: one word after the other. The protocol's own arguments,
// from the command on, end them.
func play(words []string) int {
	for len(words) > 0 {
		word, arg := words[0], 0
		words = words[1:]
		if len(words) > 0 {
			if n, err := strconv.Atoi(words[0]); err == nil {
				arg, words = n, words[1:]
			}
		}
		switch word {
		case "out":
			write(os.Stdout, arg, 1)
		case "err":
			write(os.Stderr, arg, 2)
		case "say":
			fmt.Println("here", os.Getpid())
		case "whine":
			fmt.Fprintln(os.Stderr, "it hurts")
		case "hash": // what stdin brought
			h := sha256.New()
			n, err := io.Copy(h, os.Stdin)
			fmt.Println(n, hex.EncodeToString(h.Sum(nil)), err)
		case "cat":
			_, _ = io.Copy(os.Stdout, os.Stdin)
		case "files":
			for i := range arg { // ... --config PATH --catalog PATH
				b, err := os.ReadFile(os.Args[len(os.Args)-2*arg+2*i+1])
				fmt.Println(len(b), err)
			}
		case "deaf":
			_ = os.Stdin.Close()
		case "mute":
			_ = os.Stdout.Close()
		case "stubborn":
			signal.Ignore(syscall.SIGTERM)
		case "wait":
			_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		case "sleep":
			time.Sleep(time.Duration(arg) * time.Millisecond)
		case "exit":
			return arg
		default: // the command
			return 0
		}
	}
	return 0
}

// write writes n bytes of the pattern of seed.
func write(f *os.File, n, seed int) {
	if _, err := io.Copy(f, io.LimitReader(&pattern{seed: uint64(seed)}, int64(n))); err != nil {
		os.Exit(99)
	}
}

// pattern is an endless stream in which each 8 bytes tell where they stand.
type pattern struct {
	seed, at uint64
}

func (p *pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = patternAt(p.seed, p.at)
		p.at++
	}
	return len(b), nil
}

func patternAt(seed, at uint64) byte {
	x := (at/8 + seed<<40) * 0x9e3779b97f4a7c15
	x ^= x >> 29
	return byte(x >> (at % 8 * 8))
}
