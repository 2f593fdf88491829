package main

import (
	"database/sql/driver"
	"fmt"
	"strings"

	"knelt.dev/connectors/internal/load"
)

// A statement of many rows costs far less than as many statements. Their number
// is bounded by SQLite's SQLITE_MAX_VARIABLE_NUMBER, and by memory.
const (
	batchRows    = 64
	fewRows      = 8
	maxVariables = 32766
	batchBytes   = 1 << 20
)

// batch is rows on their way to the table, and the statements that insert them,
// by number of rows.
type batch struct {
	args       []driver.NamedValue
	rows       int
	width      int // columns of each; the table's may be more by now
	bytes      int // of the lines the rows came from
	statements map[int]driver.StmtExecContext
}

// push adds the table's row to the batch. full tells that the batch is to be
// written.
func (t *table) push(size int) (full bool) {
	b := &t.batch
	b.width = len(t.row)
	for _, v := range t.row {
		b.args = append(b.args, driver.NamedValue{Ordinal: len(b.args) + 1, Value: v})
	}
	b.rows++
	b.bytes += size
	return b.rows >= t.batchSize() || b.bytes >= batchBytes
}

func (t *table) batchSize() int { return min(batchRows, maxVariables/len(t.Columns)) }

// Flush writes the batch.
func (t *table) Flush() error {
	b := &t.batch
	args := b.args
	for b.rows > 0 {
		n := 1
		for _, size := range []int{fewRows, t.batchSize()} {
			if size <= b.rows {
				n = max(n, size)
			}
		}
		if err := t.insert(n, args[:n*b.width]); err != nil {
			return err
		}
		b.rows, args = b.rows-n, args[n*b.width:]
		for i := range args {
			args[i].Ordinal = i + 1
		}
	}
	clear(b.args) // so that values can be freed
	b.args, b.bytes = b.args[:0], 0
	return nil
}

// insert writes n rows.
func (t *table) insert(n int, args []driver.NamedValue) error {
	statement := t.batch.statements[n]
	return t.db.conn.Raw(func(conn any) error {
		if statement == nil {
			prepared, err := conn.(driver.Conn).Prepare(t.insertSQL(n))
			if err != nil {
				return err
			}
			var ok bool
			if statement, ok = prepared.(driver.StmtExecContext); !ok {
				return fmt.Errorf("the driver's statements have no ExecContext")
			}
			if t.batch.statements == nil {
				t.batch.statements = map[int]driver.StmtExecContext{}
			}
			t.batch.statements[n] = statement
		}
		_, err := statement.ExecContext(t.db.ctx, args)
		return err
	})
}

// Forget drops statements that no longer fit the table, or are no longer needed.
func (t *table) Forget() error {
	var err error
	for n, statement := range t.batch.statements {
		err = load.Joined(err, statement.(driver.Stmt).Close())
		delete(t.batch.statements, n)
	}
	return err
}

// insertSQL is the statement for n rows. When deduplicating, a row replaces one
// of the same key unless that has a later cursor; SQLite applies this row by
// row, also to those of one statement.
func (t *table) insertSQL(n int) string {
	columns := make([]string, 0, t.batch.width)
	for i := range t.batch.width {
		columns = append(columns, t.columnName(i))
	}
	row := `(?` + strings.Repeat(`, ?`, len(columns)-1) + `)`
	statement := `INSERT INTO ` + quoteName(t.Table.Target) + ` (` + strings.Join(columns, ", ") + `) VALUES ` + row + strings.Repeat(`, `+row, n-1)
	if len(t.Keys) == 0 {
		return statement
	}
	for i, name := range columns {
		columns[i] = name + ` = excluded.` + name
	}
	statement += ` ON CONFLICT ` + t.keyOf() + ` DO UPDATE SET ` + strings.Join(columns, ", ")
	if t.Cursor.Fields == nil {
		return statement
	}
	cursor := t.columnName(t.Cursor.Column)
	old := quoteName(t.Table.Target) + `.`
	return statement + ` WHERE ` + old + cursor + ` IS NULL OR excluded.` + cursor + ` >= ` + old + cursor +
		` OR excluded.` + load.GenerationColumn + ` > ifnull(` + old + load.GenerationColumn + `, -1)`
}
