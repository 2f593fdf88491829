package chaos

import (
	"os"
	"path/filepath"
	"time"
)

// moment is when a kill happens: wait returns then, or when the run is over.
type moment struct {
	name string
	wait func(*run)
}

// victims draws who is killed: mostly one, sometimes several at once.
func (w *world) victims() []string {
	all := []string{engine, source, destination}
	w.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	switch n := w.rng.IntN(10); {
	case n < 7:
		return all[:1]
	case n < 9:
		return all[:2]
	}
	return all
}

// moment draws when.
func (w *world) moment(whole time.Duration) moment {
	switch w.rng.IntN(10) {
	case 0, 1, 2, 3:
		return after(time.Duration(w.rng.Int64N(int64(whole))))
	case 4:
		return atEvent([]string{"preparing", "started", "progress", "ended"}[w.rng.IntN(4)])
	case 5, 6, 7:
		commands := []struct{ role, command string }{
			{source, "spec"}, {source, "discover"}, {source, "read"}, {destination, "spec"}, {destination, "write"},
		}
		c := commands[w.rng.IntN(len(commands))]
		return atCommand(c.role, c.command)
	}
	file := []string{w.lake() + "-wal", filepath.Join(w.home(), "state.db-wal")}[w.rng.IntN(2)]
	return atWrite(file, 1+w.rng.IntN(12))
}

func after(d time.Duration) moment {
	return moment{"a random time", func(r *run) {
		select {
		case <-time.After(d):
		case <-r.done:
		}
	}}
}

func atEvent(kind string) moment {
	return moment{"the event " + kind, func(r *run) { r.await(kind) }}
}

// atCommand is as soon as a connector runs a command.
func atCommand(role, command string) moment {
	return moment{"the start of " + role + " " + command, func(r *run) {
		for !r.over() && len(r.w.of(role, command)) == 0 {
			time.Sleep(time.Millisecond)
		}
	}}
}

// atWrite is right after the n-th time that a database was written to.
func atWrite(file string, n int) moment {
	return moment{"a write to " + filepath.Base(file), func(r *run) {
		last := stamp(file)
		for written := 0; written < n && !r.over(); time.Sleep(200 * time.Microsecond) {
			if now := stamp(file); now != last {
				written++
				last = now
			}
		}
	}}
}

// stamp changes when a file does.
func stamp(file string) (s struct {
	size int64
	time time.Time
},
) {
	if info, err := os.Stat(file); err == nil {
		s.size, s.time = info.Size(), info.ModTime()
	}
	return s
}
