package connection

import (
	"net/url"
	"slices"
)

const notificationsField = "spec.notifications"

func (r *reader) checkNotifications(o Origin, list []Notification) {
	if list != nil && len(list) == 0 {
		r.reportAt(o, notificationsField, "is an empty list", "name a webhook, or leave the field out")
	}
	for i, n := range list {
		r.checkNotification(o, itemField(notificationsField, i), n)
	}
}

func (r *reader) checkNotification(o Origin, field string, n Notification) {
	r.checkWebhook(o, field+".webhook", n.Webhook)
	for _, p := range checkReferences(field+".secret", n.Secret) {
		r.reportAt(o, p.Field, p.Message, p.Hint)
	}
	if len(n.When) == 0 && !r.reported(field+".when") {
		r.reportAt(o, field+".when", "is an empty list", "name an occasion, or leave the field out for all of them")
	}
	for i, on := range n.When {
		at := itemField(field+".when", i)
		if slices.Contains(n.When[:i], on) {
			r.reportAt(o, at, "is there twice", "keep it once")
			continue
		}
		checkWord(r, o, at, on, "occasion", OnFailure, OnRecovery, OnSchemaChanged)
	}
}

// checkWebhook never tells the URL: many hold a token.
func (r *reader) checkWebhook(o Origin, field, text string) {
	pieces, wrong := parseReferences(text)
	switch {
	case wrong != nil:
		r.reportAt(o, field, wrong.message, wrong.hint)
	case text == "":
		if !r.reported(field) {
			r.reportAt(o, field, "missing", "write the URL to post to")
		}
	case !slices.ContainsFunc(pieces, func(p piece) bool { return p.reference != nil }) && !webURL(text):
		r.reportAt(o, field, "is no http or https URL", "write it as https://HOST/PATH")
	}
}

func webURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
