package record

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// tampered makes an end whose peer's records are what change makes of them.
func tampered(t *testing.T, texts []string, change func(records [][]byte) []byte) (*Conn, *Conn) {
	t.Helper()
	relay, bridge, _, accepted := pair(t)
	tape := &tape{Conn: relay.raw}
	relay.raw = tape
	for _, text := range texts {
		if _, err := relay.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := relay.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	relay.raw = tape.Conn
	bridge.raw = reads{accepted, io.MultiReader(bytes.NewReader(change(tape.records)), accepted)}
	return relay, bridge
}

// tape keeps what is written, a record at a time.
type tape struct {
	net.Conn
	records [][]byte
}

func (t *tape) Write(p []byte) (int, error) {
	t.records = append(t.records, bytes.Clone(p))
	return len(p), nil
}

// TestWhatWasChangedIsNotRead: no byte of a record that is not the peer's next one
// is given out, and the peer is told.
func TestWhatWasChangedIsNotRead(t *testing.T) {
	flip := func(at int) func([][]byte) []byte {
		return func(r [][]byte) []byte { r[0][(at+len(r[0]))%len(r[0])] ^= 1; return bytes.Join(r, nil) }
	}
	for name, c := range map[string]struct {
		change func([][]byte) []byte
		told   tls.AlertError
	}{
		"a bit of the text":      {flip(headerSize), badRecordMAC},
		"a bit of its kind":      {flip(-17), badRecordMAC},
		"a bit of the tag":       {flip(-1), badRecordMAC},
		"the version":            {flip(1), badRecordMAC},
		"a second time":          {func(r [][]byte) []byte { return r[1] }, badRecordMAC},
		"in another order":       {func(r [][]byte) []byte { return append(r[1], r[0]...) }, badRecordMAC},
		"cut, by its length":     {func(r [][]byte) []byte { r[0][4]--; return bytes.Join(r, nil) }, badRecordMAC},
		"a handshake in clear":   {func([][]byte) []byte { return []byte{22, 3, 3, 0, 1, 0} }, unexpectedMessage},
		"a change of cipher":     {func([][]byte) []byte { return []byte{20, 3, 3, 0, 1, 1} }, unexpectedMessage},
		"an alert in clear":      {func([][]byte) []byte { return []byte{21, 3, 3, 0, 2, 2, 40} }, unexpectedMessage},
		"too long":               {func([][]byte) []byte { return []byte{23, 3, 3, 0x41, 1} }, recordOverflow},
		"the length of a GB":     {func([][]byte) []byte { return []byte{23, 3, 3, 0xff, 0xff} }, recordOverflow},
		"too short to be sealed": {func([][]byte) []byte { return []byte{23, 3, 3, 0, 16} }, decodeError},
	} {
		t.Run(name, func(t *testing.T) {
			relay, bridge := tampered(t, []string{"one text", "another one"}, c.change)
			room := make([]byte, 100)
			n, err := bridge.Read(room)
			var b *breach
			if n != 0 || !errors.As(err, &b) || b.alert != c.told || bytes.Contains(room, []byte("text")) {
				t.Errorf("read %d, %v", n, err)
			}
			if _, again := bridge.Read(room); !errors.Is(again, err) {
				t.Errorf("then %v", again)
			}
			var told tls.AlertError
			if _, err := relay.Read(room); !errors.As(err, &told) || told != c.told {
				t.Errorf("the peer is told %v", err)
			}
		})
	}
}

func TestAConnectionThatEndsWithinARecordIsCut(t *testing.T) {
	for _, cut := range []int{1, headerSize, headerSize + 1, 20} {
		relay, bridge := tampered(t, []string{"some text"}, func(r [][]byte) []byte { return r[0][:cut] })
		if err := relay.raw.Close(); err != nil {
			t.Fatal(err)
		}
		if n, err := bridge.Read(make([]byte, 100)); n != 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut after %d bytes: read %d, %v", cut, n, err)
		}
	}
}

// sealed seals what no end of this package says.
func sealed(t *testing.T, c *Conn, plain []byte) []byte {
	t.Helper()
	h := &c.out.half
	if err := h.next(); err != nil {
		t.Fatal(err)
	}
	h.announce(len(plain) + 16)
	dst := make([]byte, len(plain)+16)
	h.aead.Seal(dst, &h.nonce, plain[:len(plain)-1], plain[len(plain)-1], h.header[:])
	return append(h.header[:], dst...)
}

// TestPaddingIsNoText, RFC 8446, section 5.4, whether or not there is room for it.
func TestPaddingIsNoText(t *testing.T) {
	relay, bridge, dialed, _ := pair(t)
	for _, zeros := range []int{0, 1, 15, 16, 200} {
		for _, room := range []int{300, 3} {
			if _, err := dialed.Write(sealed(t, relay, append([]byte("text\x00\x17"), make([]byte, zeros)...))); err != nil {
				t.Fatal(err)
			}
			text := make([]byte, 300)
			n, err := bridge.Read(text[:room])
			if n == 3 && err == nil {
				n, err = bridge.Read(text[3:])
				n += 3
			}
			if string(text[:n]) != "text\x00" || err != nil {
				t.Errorf("%d zeros, room for %d: %q, %v", zeros, room, text[:n], err)
			}
		}
	}
}

// TestWhatIsNotForHereEndsTheConnection, though the peer sealed it.
func TestWhatIsNotForHereEndsTheConnection(t *testing.T) {
	empty := strings.Repeat("\x17|", mostUseless+1)
	for name, c := range map[string]struct {
		plain string // records, separated by bars
		want  string
	}{
		"a new session ticket":       {"\x04\x00\x00\x01\x00\x16", "a message of kind 22"},
		"an update of the keys":      {"\x18\x00\x00\x01\x00\x16", "a message of kind 22"},
		"nothing but zeros":          {"\x00\x00\x00", "a message of kind 0"},
		"an alert of three bytes":    {"\x01\x00\x00\x15", "an alert of 3 bytes"},
		"records without text":       {empty, fmt.Sprintf("%d records in a row", mostUseless+1)},
		"an alert of a failure":      {"\x02\x28\x15", "handshake failure"},
		"an alert of a cancellation": {"\x01\x5a\x15|\x01\x00\x15", "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			relay, bridge, dialed, _ := pair(t)
			for plain := range strings.SplitSeq(strings.TrimSuffix(c.plain, "|"), "|") {
				if _, err := dialed.Write(sealed(t, relay, []byte(plain))); err != nil {
					t.Fatal(err)
				}
			}
			n, err := bridge.Read(make([]byte, 100))
			if n != 0 || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("read %d, %v", n, err)
			}
			if _, again := bridge.Read(make([]byte, 100)); !errors.Is(again, err) {
				t.Errorf("then %v", again)
			}
		})
	}
}

// TestKeysAreNotUsedForLongerThanTheyAreGood, in both directions, and the text
// before is read.
func TestKeysAreNotUsedForLongerThanTheyAreGood(t *testing.T) {
	relay, bridge, dialed, _ := pair(t)
	relay.out.count, bridge.in.count = mostRecords-1, mostRecords-1
	if n, err := relay.Write([]byte("the last one")); n != 12 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := relay.Write([]byte("one more")); !errors.Is(err, ErrKeyUsed) {
		t.Errorf("writing: %v", err)
	}
	if _, err := dialed.Write(relay.out.buf); err != nil {
		t.Fatal(err)
	}
	room := make([]byte, 100)
	if n, err := bridge.Read(room); string(room[:n]) != "the last one" || err != nil {
		t.Errorf("read %q, %v", room[:n], err)
	}
	relay.out.half.count--
	if _, err := dialed.Write(sealed(t, relay, []byte("x\x17"))); err != nil {
		t.Fatal(err)
	}
	if n, err := bridge.Read(room); n != 0 || !errors.Is(err, ErrKeyUsed) {
		t.Errorf("reading: %d, %v", n, err)
	}
}

// TestSettingsThatWouldSendMoreAreRefused, before anything is sent.
func TestSettingsThatWouldSendMoreAreRefused(t *testing.T) {
	for name, change := range map[string]func(*tls.Config){
		"TLS 1.2": func(c *tls.Config) { c.MinVersion = tls.VersionTLS12 },
		"tickets": func(c *tls.Config) { c.SessionTicketsDisabled = false },
	} {
		relay, _ := settings(t)
		change(relay)
		if _, err := Client(t.Context(), nil, relay); err == nil {
			t.Errorf("%s: they are taken", name)
		}
	}
}
