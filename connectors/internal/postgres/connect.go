package postgres

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// readSize is what is read from the server at once: rows come in pieces of 8 KB,
// each of which would be a system call.
const readSize = 128 << 10

// Address is host:port, for messages.
func (c Config) Address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// Connect connects as the config says and no variable of the environment. An
// error has its class.
func Connect(ctx context.Context, c Config) (*pgconn.PgConn, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	config, err := c.parsed()
	if err != nil {
		return nil, err
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, connectError(ctx, c, err)
	}
	return conn, nil
}

func (c Config) parsed() (*pgconn.Config, error) {
	more, err := parseParameters(c.Parameters)
	if err != nil {
		return nil, err
	}
	attempts, err := c.SSL.attempts(c.Host)
	if err != nil {
		return nil, err
	}
	forgetEnvironment()
	config, err := pgconn.ParseConfig("sslmode=disable passfile=/dev/null host=localhost user=nobody")
	if err != nil {
		return nil, fmt.Errorf("preparing to connect: %w", err)
	}
	config.Host, config.Port, config.Database = c.Host, uint16(c.Port), c.Database
	config.User, config.Password = c.user(), c.Password
	config.ConnectTimeout = more.timeout
	config.RuntimeParams = more.session
	config.RuntimeParams["client_encoding"] = "UTF8"
	config.TLSConfig, config.Fallbacks = attempts[0], nil
	for _, t := range attempts[1:] {
		config.Fallbacks = append(config.Fallbacks, &pgconn.FallbackConfig{Host: c.Host, Port: uint16(c.Port), TLSConfig: t})
	}
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, readSize), w)
	}
	return config, nil
}

// forgetEnvironment drops the variables of libpq: what a connector does is
// decided by its config alone.
func forgetEnvironment() {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "PG") {
			_ = os.Unsetenv(name) // fails on names that cannot be there
		}
	}
}

// Exec runs statements that give no rows.
func Exec(ctx context.Context, conn *pgconn.PgConn, statements ...string) error {
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// Texts runs a query for rows of texts; NULL is "".
func Texts(ctx context.Context, conn *pgconn.PgConn, query string, args ...string) ([][]string, error) {
	values := make([][]byte, 0, len(args))
	for _, a := range args {
		values = append(values, []byte(a))
	}
	result := conn.ExecParams(ctx, query, values, nil, nil, nil).Read()
	rows := make([][]string, 0, len(result.Rows))
	for _, found := range result.Rows {
		row := make([]string, 0, len(found))
		for _, v := range found {
			row = append(row, string(v))
		}
		rows = append(rows, row)
	}
	return rows, result.Err
}

// QuoteName writes a name of a schema, a table or a column.
func QuoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// QuoteText writes a text as a literal.
func QuoteText(text string) string {
	return ` E'` + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + `'`
}
