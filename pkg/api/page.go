package api

// Page is a part of a list.
type Page[T any] struct {
	// Items of the page, in the order of the list.
	Items []T `json:"items"`
	// Next is the cursor of the next page; left out of the last one.
	Next string `json:"next,omitempty"`
}

const (
	// DefaultLimit is how many items a page has if nothing else is asked for.
	DefaultLimit = 50
	// MaxLimit is how many it may have.
	MaxLimit = 500
)
