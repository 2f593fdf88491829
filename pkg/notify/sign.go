package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// sign gives the signature of a message: "v1," and the HMAC-SHA256, in base64, of
// "ID.TIMESTAMP.BODY". A secret of the form whsec_BASE64 is decoded, any other is
// taken as it is.
func sign(secret, id string, at time.Time, body []byte) (string, error) {
	key := []byte(secret)
	if encoded, is := strings.CutPrefix(secret, "whsec_"); is {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return "", fmt.Errorf("what follows whsec_ in the webhook's secret is not base64") //nolint:err113 // the cause would quote the secret
		}
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.", id, stamp(at)) // a hash takes it all
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

func stamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
