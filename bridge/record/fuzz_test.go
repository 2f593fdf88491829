package record

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"io"
	"net"
	"testing"
	"time"
)

// garbage is a connection that gives bytes and takes all.
type garbage struct {
	net.Conn
	io.Reader
}

func (g garbage) Read(p []byte) (int, error)  { return g.Reader.Read(p) }
func (g garbage) Write(p []byte) (int, error) { return len(p), nil }

func (garbage) SetWriteDeadline(time.Time) error { return nil }

// FuzzGarbage: bytes of somebody who does not have the key are an error, whatever
// they are, and give no text.
func FuzzGarbage(f *testing.F) {
	f.Add([]byte{23, 3, 3, 0, 20, 1, 2, 3}, 10)
	f.Add([]byte{22, 3, 3, 0, 1, 0}, 0)
	f.Add(append([]byte{23, 3, 3, 0, 17}, make([]byte, 40)...), 100)
	f.Fuzz(func(t *testing.T, b []byte, room int) {
		block, err := aes.NewCipher(make([]byte, 16))
		if err != nil {
			t.Fatal(err)
		}
		gcm, err := cipher.NewGCM(block)
		if err != nil {
			t.Fatal(err)
		}
		c := &Conn{raw: garbage{Reader: bytes.NewReader(b)}}
		c.in.aead, c.out.aead = standard{gcm}, standard{gcm}
		if n, err := c.Read(make([]byte, 1+room&0xffff)); n != 0 || err == nil {
			t.Errorf("read %d, %v", n, err)
		}
	})
}
