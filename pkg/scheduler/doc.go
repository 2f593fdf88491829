// Package scheduler asks for syncs when they are due. A tick reads the plans
// that can be due and nothing else; each becomes at most one request, whatever
// happens in between:
//
//   - The request is written into the plan, by compare-and-set, before its event
//     is sent: of two ticks at once one wins.
//   - Until somebody has taken the event, the plan stays due: a crash between the
//     two, or a sink out of reach, has it sent again by a later tick.
//   - The event's id is that of its run, derived from the due time, so an event
//     that is sent twice is one request: the sync function answers the second by
//     the result of the first.
//
// What became of a request is told by result events (Result). Where none comes,
// a tick finds out: a sync whose lease is gone gets its next attempt, a request
// that nobody ever began is sent again, and a result that was lost is read from
// the sync's record.
//
// The decisions themselves are pure (package schedule, and decide here); the
// time is always passed in.
package scheduler
