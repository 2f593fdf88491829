package server

import "knelt.dev/pkg/api"

// PageForTest gives a page of rows as the list does.
func PageForTest(rows []api.Connection, cursor string, limit int) (api.Page[api.Connection], error) {
	last, err := decodeCursor(cursor)
	if err != nil {
		return api.Page[api.Connection]{}, err
	}
	return pageOf(rows, last, limit, func(api.Connection) bool { return true }), nil
}
