package main

import (
	"strconv"

	"knelt.dev/connectors/internal/kit"
)

// rows makes the RECORD lines of one stream. A row depends on the seed and its
// number alone.
type rows struct {
	head, tail string
	seed       uint64
	fields     func(r *rows, dst []byte, n int64, random uint64) []byte
	size       int
	clock      clock
}

func newRows(c config, stream string, template kit.RecordTemplate) *rows {
	r := &rows{head: template.Head() + `{"id":`, tail: "}" + template.Tail(), seed: c.Seed, size: c.RecordBytes}
	switch stream {
	case "users":
		r.fields = (*rows).user
	case "products":
		r.fields = (*rows).product
		r.seed += 1 << 32
	default:
		r.fields = (*rows).purchase
		r.seed += 2 << 32
	}
	return r
}

// append appends the line of row n, counted from 1.
func (r *rows) append(dst []byte, n int64) []byte {
	start, random := len(dst), mix(r.seed^mix(uint64(n)))
	dst = append(dst, r.head...)
	dst = strconv.AppendInt(dst, n, 10)
	dst = r.fields(r, dst, n, random)
	dst = append(dst, `,"created_at":"`...)
	dst = r.clock.append(dst, n)
	dst = append(dst, `","updated_at":"`...)
	dst = r.clock.append(dst, n)
	dst = append(dst, '"')
	if missing := r.size - (len(dst) - start) - len(r.tail) - len(`,"notes":""`); missing > 0 {
		dst = append(dst, `,"notes":"`...)
		dst = appendProse(dst, random, missing)
		dst = append(dst, '"')
	}
	return append(dst, r.tail...)
}

func (r *rows) user(dst []byte, n int64, random uint64) []byte {
	last := random >> 4 & 15
	dst = append(dst, `,"name":"`...)
	dst = append(dst, firstNames[random&15]...)
	dst = append(dst, ' ')
	dst = append(dst, lastNames[last]...)
	dst = append(dst, `","email":"`...)
	dst = append(dst, mailNames[last]...)
	dst = append(dst, '.')
	dst = strconv.AppendInt(dst, n, 10)
	dst = append(dst, `@example.com","age":`...)
	dst = strconv.AppendUint(dst, 18+random>>8%70, 10)
	dst = append(dst, `,"country":"`...)
	dst = append(dst, countries[random>>16&15]...)
	dst = append(dst, `","newsletter":`...)
	return strconv.AppendBool(dst, random>>20&1 == 1)
}

func (r *rows) product(dst []byte, n int64, random uint64) []byte {
	dst = append(dst, `,"name":"`...)
	dst = append(dst, adjectives[random&15]...)
	dst = append(dst, ' ')
	dst = append(dst, things[random>>4&15]...)
	dst = append(dst, `","sku":"P-`...)
	dst = strconv.AppendInt(dst, 10000+n, 10)
	dst = append(dst, `","price":`...)
	dst = appendMoney(dst, 100+random>>8%20000)
	dst = append(dst, `,"in_stock":`...)
	return strconv.AppendBool(dst, random>>40&7 != 0)
}

func (r *rows) purchase(dst []byte, n int64, random uint64) []byte {
	dst = append(dst, `,"user_id":`...)
	dst = strconv.AppendInt(dst, (n+purchasesPerUser-1)/purchasesPerUser, 10)
	dst = append(dst, `,"product_id":`...)
	dst = strconv.AppendUint(dst, 1+random%productCount, 10)
	dst = append(dst, `,"quantity":`...)
	dst = strconv.AppendUint(dst, 1+random>>16&3, 10)
	dst = append(dst, `,"amount":`...)
	return appendMoney(dst, 100+random>>24%50000)
}

// appendMoney writes cents as 12.34.
func appendMoney(dst []byte, cents uint64) []byte {
	dst = strconv.AppendUint(dst, cents/100, 10)
	return append(dst, '.', byte('0'+cents/10%10), byte('0'+cents%10))
}

// mix is splitmix64's finaliser: neighbouring numbers become unlike ones.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
