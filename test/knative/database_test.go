package knative

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"knelt.dev/test/pgtest"
)

// marked is a secret that must be seen nowhere.
const marked = "marked-hq7-secret"

// openDatabase puts the password, and a marked secret, where documents find them.
func openDatabase() error {
	ctx, all := context.Background(), kube.CoreV1().Secrets(connectors)
	s := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "tests"},
		StringData: map[string]string{"password": pgtest.Password, "api-key": marked},
	}
	_, err := all.Create(ctx, s, metav1.CreateOptions{})
	if errors.IsAlreadyExists(err) {
		_, err = all.Update(ctx, s, metav1.UpdateOptions{})
	}
	return err
}

func destinationConfig(schema string) string {
	return fmt.Sprintf(`{%s, schema: %s}`, databaseConfig(), schema)
}

func sourceConfig(schema string) string {
	return fmt.Sprintf(`{%s, schemas: [%s]}`, databaseConfig(), schema)
}

func databaseConfig() string {
	return fmt.Sprintf(`host: %q, port: %d, database: postgres, username: %s, password: "${secret:tests/password}", ssl_mode: {mode: disable}`,
		nodeAddress(), server.Port, pgtest.User)
}

// query asks the database of the test for one number.
func query(t *testing.T, sql string, args ...any) int {
	t.Helper()
	n, err := ask(sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func ask(sql string, args ...any) (n int, err error) {
	return n, connected(func(ctx context.Context, conn *pgx.Conn) error { return conn.QueryRow(ctx, sql, args...).Scan(&n) })
}

// execute runs statements in the database of the test.
func execute(t *testing.T, sql string) {
	t.Helper()
	err := connected(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func connected(do func(context.Context, *pgx.Conn) error) error {
	ctx := context.Background()
	config, err := pgx.ParseConfig("postgres://" + net.JoinHostPort(nodeAddress(), strconv.Itoa(server.Port)) + "/postgres?sslmode=disable")
	if err != nil {
		return err
	}
	config.User, config.Password = pgtest.User, pgtest.Password
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // all is known by then
	return do(ctx, conn)
}

// rows counts the rows that have arrived of the faker's streams, and the
// different ones. A table that is not there yet has none.
func (s *moving) rows() (all, different int) {
	s.t.Helper()
	for _, stream := range []string{"users", "products", "purchases"} {
		table := pgx.Identifier{s.schema(), stream}.Sanitize()
		n, err := ask("SELECT count(*) FROM " + table)
		if err != nil && strings.Contains(err.Error(), "does not exist") {
			continue
		}
		if err != nil {
			s.t.Fatal(err)
		}
		all += n
		different += query(s.t, "SELECT count(DISTINCT id) FROM "+table)
	}
	return all, different
}

// exact checks that each row of so many users arrived once.
func (s *moving) exact(users int) {
	s.t.Helper()
	if all, different := s.rows(); all != 3*users+100 || different != all {
		s.t.Errorf("%d rows arrived, %d of them different; want %d", all, different, 3*users+100)
	}
}
