package main

import (
	"strconv"
	"strings"

	"knelt.dev/connectors/internal/postgres"
)

// part is one of the queries a read consists of: rows of one condition in one
// order, and how each moves the position.
type part struct {
	where, order []string
	params       [][]byte
	oids         []uint32
	// move moves the position behind a row; moved is false where a state cannot
	// name the row, which then comes again after an interruption.
	move func(row [][]byte) (moved bool)
	// boundary tells whether the position may become a state in front of a row.
	// Nil: it may become one behind each row.
	boundary func(row [][]byte) bool
	// skip tells, when its turn comes, whether the part is needless. Nil: it is not.
	skip func() bool
	// end moves the position behind the whole part.
	end func()
}

// param notes a value of a column's type.
func (p *part) param(c column, value string) string {
	p.params = append(p.params, []byte(value))
	p.oids = append(p.oids, c.kind.oid)
	return "$" + strconv.Itoa(len(p.params))
}

// compare adds the condition that columns are after, before, ... the values.
func (p *part) compare(columns []column, operator string, values []string) {
	names, params := make([]string, 0, len(columns)), make([]string, 0, len(columns))
	for i, c := range columns {
		names = append(names, postgres.QuoteName(c.name))
		params = append(params, p.param(c, values[i]))
	}
	p.where = append(p.where, "("+strings.Join(names, ", ")+") "+operator+" ("+strings.Join(params, ", ")+")")
}

func (p *part) orderBy(columns ...column) {
	for _, c := range columns {
		p.order = append(p.order, postgres.QuoteName(c.name))
	}
}

// query is the statement for the rows of a table.
func (p *part) query(t *table) string {
	names := make([]string, 0, len(t.columns))
	for _, c := range t.columns {
		names = append(names, postgres.QuoteName(c.name))
	}
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + t.from()
	if len(p.where) > 0 {
		query += " WHERE " + strings.Join(p.where, " AND ")
	}
	if len(p.order) > 0 {
		query += " ORDER BY " + strings.Join(p.order, ", ")
	}
	return query
}
