package connection

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"knelt.dev/pkg/connector"
)

var quantityForm = regexp.MustCompile(`^\+?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][-+]?[0-9]{1,2})?$`)

// units are the suffixes of Kubernetes' quantities.
var units = map[string]float64{
	"": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
	"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60,
}

// parseQuantity reads a quantity such as 500m or 2Gi, near enough to compare.
func parseQuantity(text string) (float64, bool) {
	parts := quantityForm.FindStringSubmatch(text)
	if parts == nil {
		return 0, false
	}
	scale, known := units[parts[2]]
	if !known { // an exponent
		n, err := strconv.ParseFloat(parts[1]+parts[2], 64)
		return n, err == nil
	}
	n, err := strconv.ParseFloat(parts[1], 64)
	return n * scale, err == nil
}

// quantity checks one and tells whether it is one.
func (c podCheck) quantity(field string, q connector.Quantity) (float64, bool) {
	n, ok := parseQuantity(string(q))
	if !ok {
		c.fail(field, excerpt(string(q))+" is no quantity", "write it as 500m, 0.5, 128Mi or 2Gi")
	}
	return n, ok
}

// resources are cpu, memory, ephemeral-storage, pages of memory, and what
// vendors name VENDOR/THING.
func (c podCheck) resources(field string, r connector.Resources) {
	limits := c.amounts(field+".limits", r.Limits)
	for name, request := range c.amounts(field+".requests", r.Requests) {
		if limit, both := limits[name]; both && request > limit {
			c.fail(childField(field+".requests", name), fmt.Sprintf("is more than its limit %s", excerpt(string(r.Limits[name]))), "request no more than the limit")
		}
	}
}

func (c podCheck) amounts(field string, quantities map[string]connector.Quantity) map[string]float64 {
	amounts := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(quantities)) {
		at := childField(field, name)
		if !resourceName(name) {
			c.fail(at, "is no resource", didYouMean(name, []string{"cpu", "memory", "ephemeral-storage"}))
			continue
		}
		if n, ok := c.quantity(at, quantities[name]); ok {
			amounts[name] = n
		}
	}
	return amounts
}

func resourceName(name string) bool {
	switch name {
	case "cpu", "memory", "ephemeral-storage":
		return true
	}
	return strings.HasPrefix(name, "hugepages-") || strings.Contains(name, "/") && labelKey(name)
}
