package resources

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"knelt.dev/pkg/connector"
)

// The labels and annotations of pods and their Secrets.
const (
	LabelName      = "app.kubernetes.io/name"
	LabelManagedBy = "app.kubernetes.io/managed-by"
	LabelComponent = "app.kubernetes.io/component"
	// LabelConnection has the connection's name, or a hash where that fits into
	// no label: the annotation of the same key has the true name.
	LabelConnection = "knelt.dev/connection"
	LabelSync       = "knelt.dev/sync"
	LabelAttempt    = "knelt.dev/attempt"
	// LabelSide is source or destination.
	LabelSide = "knelt.dev/side"
	// LabelCommand is the command of the Airbyte protocol.
	LabelCommand = "knelt.dev/command"
	// LabelRelay is on the pods that may dial bridges, with the value "true".
	LabelRelay = "knelt.dev/relay"

	// AnnotationEpoch has the epoch of the engine that made the pod.
	AnnotationEpoch = "knelt.dev/epoch"
	// AnnotationImage has the image as it was written.
	AnnotationImage = "knelt.dev/image"
	// AnnotationUser says why the pod runs as the user it runs as.
	AnnotationUser = "knelt.dev/user"

	// Name is the value of LabelName, ManagedBy of LabelManagedBy.
	Name      = "knelt-connector"
	ManagedBy = "knelt"
)

// nameSize bounds a pod's name: it is the host's, too.
const nameSize = 63

// Side is the part that the pod of a command plays in a sync.
func Side(c connector.Command) string {
	if c == connector.Write {
		return "destination"
	}
	return "source"
}

// SeatName is the name of the pod of a seat. The same seat gives the same name,
// so that a successor finds the pod and nobody can make a second one.
func SeatName(s connector.Seat) string {
	tail := "-" + digest(s.Connection, 8) + "-" + strconv.FormatInt(s.Sync, 10) + "-" + strconv.Itoa(s.Attempt) + "-" + Side(s.Command)
	return slug(s.Connection, nameSize-len(tail)) + tail
}

// AloneName is the name of a pod without a seat. random tells it from others.
func AloneName(c connector.Command, random string) string { return string(c) + "-" + random }

var notName = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a text fit to begin a name.
func slug(text string, size int) string {
	s := strings.Trim(notName.ReplaceAllString(strings.ToLower(text), "-"), "-")
	s = strings.TrimRight(s[:min(len(s), max(0, size))], "-")
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		s = ("c" + s)[:min(len(s)+1, max(1, size))]
	}
	return s
}

func digest(text string, size int) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:size]
}

var labelValue = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)

// ConnectionLabel is the value of LabelConnection.
func ConnectionLabel(connection string) string {
	if labelValue.MatchString(connection) {
		return connection
	}
	return "sha256-" + digest(connection, 32)
}

// Selector finds all pods and Secrets of Knelt.
func Selector() string { return LabelManagedBy + "=" + ManagedBy + "," + LabelName + "=" + Name }

// SyncSelector finds those of a sync. Labels may collide: compare the annotation
// LabelConnection, too.
func SyncSelector(connection string, sync int64) string {
	return Selector() + "," + LabelConnection + "=" + ConnectionLabel(connection) + "," + LabelSync + "=" + strconv.FormatInt(sync, 10)
}
