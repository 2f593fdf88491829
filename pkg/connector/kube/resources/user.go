package resources

import (
	"fmt"
	"strconv"
	"strings"

	"knelt.dev/pkg/connector"
)

// FallbackUser runs images that do not say by a number who is to run them.
// Airbyte's base images call their user airbyte and give it this number.
const FallbackUser = 1000

// User is who runs both containers of a pod: files of mode 0600 go from one to
// the other.
type User struct {
	UID int64
	// GID is the connector's group; nil: the image's.
	GID *int64
	// Note says where UID comes from if not from the image, for those who wonder
	// about a permission.
	Note string
}

// Root tells that the user is root.
func (u User) Root() bool { return u.UID == 0 }

// NewUser decides by the document, then by the image's own user: UID, UID:GID, a
// name, or nothing. docs/decisions/0009-users-of-pods.md has the reasons.
func NewUser(p connector.Pod, image string) User {
	name, group, _ := strings.Cut(image, ":")
	uid, err := strconv.ParseInt(name, 10, 32)
	numeric := err == nil && uid >= 0
	switch {
	case p.RunAsRoot:
		return User{UID: 0, Note: "root: the document asks for it by runAsRoot"}
	case p.RunAsUser != nil:
		return User{UID: int64(*p.RunAsUser), Note: fmt.Sprintf("%d: the document asks for it by runAsUser", *p.RunAsUser)}
	case numeric && uid > 0:
		return User{UID: uid, GID: groupOf(group)}
	case name == "" || name == "root" || numeric:
		return User{UID: FallbackUser, Note: fmt.Sprintf("%d: the image would run as root; runAsUser or runAsRoot in spec.connector choose another user", FallbackUser)}
	}
	return User{UID: FallbackUser, Note: fmt.Sprintf("%d: Kubernetes cannot tell whether the image's user %q is root; runAsUser in spec.connector chooses another number", FallbackUser, name)}
}

func groupOf(text string) *int64 {
	gid, err := strconv.ParseInt(text, 10, 32)
	if err != nil || gid < 0 {
		return nil
	}
	return &gid
}
