package gcm

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

const (
	viegaKey   = "feffe9928665731c6d6a8f9467308308"
	viegaNonce = "cafebabefacedbaddecaf888"
	viegaPlain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
	viegaSealed = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e" +
		"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
)

// published are cases that others have computed. The empty plaintext of the first
// case of McGrew and Viega has no tail, so it is none for us.
var published = []struct{ from, key, nonce, plain, ad, sealed string }{
	{
		"McGrew and Viega, The Galois/Counter Mode of Operation, case 2",
		strings.Repeat("00", 16), strings.Repeat("00", 12), strings.Repeat("00", 16), "",
		"0388dace60b6a392f328c2b971b2fe78" + "ab6e47d42cec13bdf53a67b21257bddf",
	}, {
		"case 3", viegaKey, viegaNonce, viegaPlain + "1aafd255", "",
		viegaSealed + "473f5985" + "4d5c2af327cd64a62cf35abd2ba6fab4",
	}, {
		"case 4", viegaKey, viegaNonce, viegaPlain, "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		viegaSealed + "5bc94fbc3221a5db94fae95ae7121a47",
	}, {
		"NIST CAVP, gcmEncryptExtIV128, plaintext of 128 bits",
		"7fddb57453c241d03efbed3ac44e371c", "ee283a3fc75575e33efd4887", "d5de42b461646c255c87bd2962d3b9a2", "",
		"2ccda4a5415cb91e135c2a0f78c9b2fd" + "b36d1df9b9d5e596f83e8b7f52971cb3",
	}, {
		"RFC 8448 section 3, the client's application data",
		"17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" +
			"202122232425262728292a2b2c2d2e2f3031" + "17",
		"1703030043",
		"a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a" +
			"6292a2977014bd1e3deae63aeebb21694915e4",
	},
}

func TestPublishedCases(t *testing.T) {
	if refused(t) {
		return
	}
	for _, c := range published {
		plain, sealed, ad := unhex(t, c.plain), unhex(t, c.sealed), unhex(t, c.ad)
		last := len(plain) - 1
		nonce := [12]byte(unhex(t, c.nonce))
		a, err := New(unhex(t, c.key))
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]byte, last+Overhead)
		a.Seal(dst, &nonce, plain[:last], plain[last], ad)
		if !bytes.Equal(dst, sealed) {
			t.Errorf("%s: sealed to %x", c.from, dst)
		}
		tail, err := a.Open(dst[:last], &nonce, sealed, ad)
		if err != nil || tail != plain[last] || !bytes.Equal(dst[:last], plain[:last]) {
			t.Errorf("%s: opened to %x, %x, %v", c.from, dst[:last], tail, err)
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
