package airbyte

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

// words for made-up texts. One text in five is not English, so that the
// figures hold for non-ASCII data too.
var (
	english  = strings.Fields("order shipped customer asked for refund after delivery was late; please call back before noon and check the invoice number again with the warehouse in Berlin (second floor), thanks")
	foreign  = strings.Fields("größere Lieferung für Frau Müller, заказ отправлен клиенту вчера вечером, 注文は昨日発送されました。 année où déjà señor está 💡")
	statuses = []string{"open", "pending", "in_progress", "resolved", "closed", "on_hold"}
)

func sentence(r *rand.Rand, size int) string {
	list := english
	if r.IntN(5) == 0 {
		list = foreign
	}
	var s strings.Builder
	for s.Len() < size {
		s.WriteString(list[r.IntN(len(list))])
		s.WriteByte(" \n"[max(0, r.IntN(20)-18)])
	}
	return s.String()
}

func stamp(r *rand.Rand) string {
	return fmt.Sprintf("2024-%02d-%02dT%02d:%02d:%02d.%03dZ", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000))
}

// madeField makes the n-th member of a record like those of an ordinary SaaS
// source: ids, names, texts, amounts, times, flags, small objects and arrays.
func madeField(r *rand.Rand, n, text int) (name, value string) {
	quote := func(s string) string {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(s); err != nil {
			panic(err)
		}
		return strings.TrimSpace(b.String())
	}
	switch n {
	case 0:
		return "id", fmt.Sprint(r.IntN(10_000_000))
	case 1:
		return "updated_at", quote(stamp(r))
	case 2:
		return "email", quote(fmt.Sprintf("user%d@mail%d.example.com", r.IntN(100_000), r.IntN(50)))
	case 3:
		return "name", quote(sentence(r, 6+r.IntN(14)))
	case 4:
		return "description", quote(sentence(r, text/2+r.IntN(text+1)))
	case 5:
		return "amount", fmt.Sprintf("%d.%02d", r.IntN(5000), r.IntN(100))
	case 6:
		return "status", quote(statuses[r.IntN(len(statuses))])
	case 7:
		return "is_active", fmt.Sprint(r.IntN(2) == 0)
	case 8:
		return "uuid", quote(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", r.Uint32(), r.IntN(65536), r.IntN(65536), r.IntN(65536), r.Int64N(1<<48)))
	case 9:
		return "parent_id", []string{"null", fmt.Sprint(r.IntN(1_000_000))}[r.IntN(2)]
	case 10:
		return "tags", fmt.Sprintf("[%s,%s]", quote(english[r.IntN(len(english))]), quote(statuses[r.IntN(len(statuses))]))
	case 11:
		return "address", fmt.Sprintf(`{"street":%s,"zip":"%05d","city":%s,"geo":{"lat":%.5f,"lng":%.5f}}`, quote(sentence(r, 15)), r.IntN(99999), quote(sentence(r, 6)), r.Float64()*180-90, r.Float64()*360-180)
	case 12:
		return "html_url", quote(fmt.Sprintf("https://api.example.com/v2/accounts/%d/tickets/%d", r.IntN(1000), r.IntN(1_000_000)))
	case 13:
		return "created_at", quote(stamp(r))
	}
	if n%5 == 0 {
		return fmt.Sprintf("long_text_%d", n), quote(sentence(r, r.IntN(4*text)))
	}
	return fmt.Sprintf("custom_field_%d", n), []string{"null", fmt.Sprint(r.IntN(100)), quote(sentence(r, 1+r.IntN(30))), quote(stamp(r))}[r.IntN(4)]
}

// recordLine makes a RECORD of about size bytes.
func recordLine(r *rand.Rand, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"type":"RECORD","record":{"stream":%q,"data":{`, []string{"users", "tickets", "ticket_comments"}[r.IntN(3)])
	text := size / 12
	for n := 0; b.Len() < size-40; n++ {
		name, value := madeField(r, n, text)
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", name, value)
	}
	fmt.Fprintf(&b, `},"emitted_at":%d}}`, 1_700_000_000_000+r.Int64N(1e10))
	return b.Bytes()
}

// recordLines makes so many different RECORDs that no branch predictor learns
// them by heart.
func recordLines(size int) [][]byte {
	r := rand.New(rand.NewPCG(1, uint64(size)))
	lines := make([][]byte, max(64, 1<<20/size))
	for i := range lines {
		lines[i] = recordLine(r, size)
	}
	return lines
}
