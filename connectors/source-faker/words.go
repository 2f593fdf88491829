package main

import "strings"

var (
	firstNames = []string{"Ann", "Bo", "Chloé", "Dai", "Ewa", "Fatima", "Günther", "Hana", "Ivo", "Jun", "Kofi", "Lea", "María", "Noor", "Olu", "Zoë"}
	lastNames  = []string{"Adler", "Brown", "Costa", "Diaz", "Eze", "Fox", "García", "Haddad", "Ito", "Jensen", "Kim", "Li", "Müller", "Novák", "O'Neil", "Şahin"}
	mailNames  = []string{"adler", "brown", "costa", "diaz", "eze", "fox", "garcia", "haddad", "ito", "jensen", "kim", "li", "mueller", "novak", "oneil", "sahin"}
	countries  = []string{"AR", "BR", "CZ", "DE", "ES", "FR", "GH", "IN", "JP", "KR", "LB", "MX", "NG", "PL", "TR", "US"}
	adjectives = []string{"Blue", "Bright", "Calm", "Deep", "Early", "Fine", "Green", "Heavy", "Light", "Long", "Old", "Quiet", "Red", "Small", "Soft", "Warm"}
	things     = []string{"Basket", "Bottle", "Chair", "Coat", "Cup", "Desk", "Lamp", "Mirror", "Pan", "Pillow", "Rug", "Shelf", "Spoon", "Table", "Towel", "Vase"}
)

const sentences = "The parcel came a day early and the box was still dry. Please ring twice, the bell is old and the hall is long. " +
	"We talked about the colour on the phone; the darker one is right after all. Returns go to the side door before noon. " +
	"She asked for a second invoice in the name of her firm. Paid in two parts, the rest is due at the end of the month. " +
	"No answer to the last three letters, so the address may have changed. Likes to be told when a new catalogue is out. "

// prose is text to pad rows with. It holds nothing that JSON would escape, so
// any part of it is good.
var prose = strings.Repeat(sentences, 64<<10/len(sentences)+1)

// appendProse appends size bytes of text, starting somewhere that depends on at.
func appendProse(dst []byte, at uint64, size int) []byte {
	start := int(at % uint64(len(sentences)))
	for size > 0 {
		part := prose[start:min(len(prose), start+size)]
		dst = append(dst, part...)
		size -= len(part)
		start = 0
	}
	return dst
}
