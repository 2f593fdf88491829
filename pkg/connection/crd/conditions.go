package crd

import (
	"errors"
	"strings"

	"knative.dev/pkg/apis"

	"knelt.dev/events"
	"knelt.dev/pkg/connection"
	"knelt.dev/pkg/store"
)

// The conditions. Ready is True when all the others of its kind are that it
// depends on: Valid, of a Connection also SourceReady and DestinationReady.
const (
	Ready apis.ConditionType = apis.ConditionReady
	// Valid tells whether the object's own fields are right.
	Valid apis.ConditionType = "Valid"
	// SourceReady tells whether a Connection's Source is there and valid.
	SourceReady apis.ConditionType = "SourceReady"
	// DestinationReady tells whether a Connection's Destination is there and valid.
	DestinationReady apis.ConditionType = "DestinationReady"
	// Synced tells whether a Connection's newest sync succeeded; Unknown while it
	// runs and before the first. Ready does not depend on it.
	Synced apis.ConditionType = "Synced"
)

var (
	endConditions        = apis.NewLivingConditionSet(Valid)
	connectionConditions = apis.NewLivingConditionSet(Valid, SourceReady, DestinationReady)
)

// GetConditions is for Knative's manager of conditions.
func (s *Status) GetConditions() apis.Conditions { return s.Conditions }

// SetConditions is for Knative's manager of conditions.
func (s *Status) SetConditions(c apis.Conditions) { s.Conditions = c }

// The reasons of conditions that are not True.
const (
	reasonInvalid = "Invalid"
	reasonMissing = "Missing"
	reasonNever   = "NeverSynced"
)

// judgeEnd sets the conditions of a Source or Destination.
func (s *Status) judgeEnd(problem error) {
	before := s.Conditions
	s.Conditions = nil
	mark(endConditions.Manage(s), Valid, problem, reasonInvalid)
	s.settle(before)
}

// judge sets the conditions of a Connection. Of several that are wrong, Ready has
// the words of its own fields first.
func (s *ConnectionStatus) judge(j judgement) {
	before := s.Conditions
	s.Conditions = nil
	m := connectionConditions.Manage(s)
	if j.unread {
		m.MarkUnknown(SourceReady, reasonInvalid, "the connection's own fields come first")
		m.MarkUnknown(DestinationReady, reasonInvalid, "the connection's own fields come first")
	} else {
		mark(m, SourceReady, j.source, reasonOf(j.source))
		mark(m, DestinationReady, j.destination, reasonOf(j.destination))
	}
	mark(m, Valid, j.own, reasonInvalid)
	s.judgeSync(m)
	s.settle(before)
}

// settle keeps the times of conditions that are as they were: the manager takes
// every change on the way for one.
func (s *Status) settle(before apis.Conditions) {
	for i, c := range s.Conditions {
		for _, old := range before {
			c.LastTransitionTime = old.LastTransitionTime
			if c == old {
				s.Conditions[i] = c
			}
		}
	}
}

func reasonOf(problem error) string {
	if errors.As(problem, new(*missingError)) {
		return reasonMissing
	}
	return reasonInvalid
}

func mark(m apis.ConditionManager, t apis.ConditionType, problem error, reason string) {
	if problem == nil {
		m.MarkTrue(t)
		return
	}
	m.MarkFalse(t, reason, "%s", cut(words(problem)))
}

// words is what is wrong, in a line and without the name of the object, which
// the reader has before him.
func words(problem error) string {
	var found *connection.Problems
	if !errors.As(problem, &found) {
		return problem.Error()
	}
	var list []string
	for _, p := range found.List {
		p.Origin = connection.Origin{}
		list = append(list, p.String())
	}
	return strings.Join(list, " | ")
}

// longestMessage is what people still read, and events of Kubernetes may hold.
const longestMessage = 1000

func cut(text string) string {
	if len(text) <= longestMessage {
		return text
	}
	return strings.ToValidUTF8(text[:longestMessage], "") + "..."
}

// judgeSync sets Synced.
func (s *ConnectionStatus) judgeSync(m apis.ConditionManager) {
	switch last := s.LastSync; {
	case last == nil:
		m.MarkUnknown(Synced, reasonNever, "no sync yet")
	case last.Status == store.Running:
		m.MarkUnknown(Synced, "Running", "sync %d, attempt %d runs", last.ID, last.Attempt)
	case last.Status == store.Succeeded:
		m.MarkTrue(Synced)
	default:
		m.MarkFalse(Synced, reasonOfStatus(last.Status), "%s", cut(strings.Join(last.Reasons, " | ")))
	}
}

// reasonOfStatus writes a status as reasons of conditions are: "Failed".
func reasonOfStatus(s store.Status) string { return title(string(s)) }

func reasonOfOutcome(o events.Outcome) string { return title(string(o)) }

func title(word string) string {
	if word == "" {
		return "Unknown" // a condition's reason may not be empty
	}
	return strings.ToUpper(word[:1]) + word[1:]
}
