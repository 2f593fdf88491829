package process

import (
	"fmt"
	"strconv"
	"time"
)

// Fields of stat: user and system time of a process, and of those of its
// children it has waited for, in clock ticks.
const (
	statUserTime     = 14 - 3 // then 15: system
	statChildrenTime = 17 - 3 // system; 16: user
	// clockTick is USER_HZ, 100 on all of Linux.
	clockTick = 10 * time.Millisecond
)

// CPUTime sums the CPU time of the command and its process group so far, those
// that have ended included if their parent waited for them. It grows while the
// command works, however silent it is.
func (r *run) CPUTime() (time.Duration, error) {
	group := strconv.Itoa(r.leader.PID)
	var ticks int64
	found := false
	forEachProcess(func(pid int) {
		fields := stat(pid)
		if len(fields) <= statChildrenTime || fields[statGroup] != group {
			return
		}
		found = true
		for _, text := range fields[statUserTime : statChildrenTime+1] {
			n, err := strconv.ParseInt(text, 10, 64)
			if err == nil {
				ticks += n
			}
		}
	})
	if !found {
		return 0, fmt.Errorf("process group %s: no such process", group)
	}
	return time.Duration(ticks) * clockTick, nil
}
