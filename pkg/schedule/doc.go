// Package schedule decides, by values alone, when a connection's syncs are due
// and what follows from how they ended. It knows no clock, no store and no
// event: whoever calls it says what time it is and remembers what it answers.
// docs/schedule.md tells users the same.
//
// A due time is nominal: the time that the schedule names, never the time at
// which somebody noticed. Everything that has to happen once hangs on that, for
// the events of a sync are named by its due time.
package schedule
