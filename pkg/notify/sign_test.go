package notify

import (
	"strings"
	"testing"
	"time"
)

// The message, secret and signature are the example of the Standard Webhooks
// libraries.
func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	got, err := sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if err != nil || got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestABadSecretIsNotQuoted(t *testing.T) {
	_, err := sign("whsec_not base64!", "id", time.Now(), nil)
	if err == nil || strings.Contains(err.Error(), "not base64!") {
		t.Errorf("%v", err)
	}
}
