// Package acl has the users that Redis is to have for Knelt, and what they may
// do: no more than package redis asks of Redis. docs/store.md shows the same to
// those who make the users themselves. Redis 7.0 is the first that can tell
// reading a key from writing it.
package acl

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// User is a user of Redis.
type User struct {
	Name string
	// keys and commands are as ACL SETUSER takes them.
	keys, commands []string
}

// The users. They hold for the key prefix "knelt", which programs use by
// default.
var (
	// Engine syncs: it does all that a store does.
	Engine = User{"engine", []string{"~knelt:*"}, slices.Concat(connecting, calling, scripted)}
	// Bridge sees who holds a lease, and nothing else.
	Bridge = User{"bridge", []string{"%R~knelt:lease:*"}, append([]string{"+hgetall"}, connecting...)}
)

var (
	// connecting is what a client sends by itself; AUTH needs no right.
	connecting = []string{"+hello", "+ping"}
	// calling is what package redis sends.
	calling = []string{"+evalsha", "+eval", "+exists", "+get", "+hget", "+hgetall", "+hset", "+sadd", "+set", "+smembers"}
	// scripted is what its scripts call besides. A script may what its caller may.
	scripted = []string{
		"+del", "+hdel", "+hexists", "+hincrby", "+hmget", "+pexpireat", "+sismember", "+srem", "+time",
		"+zadd", "+zrangebylex", "+zrangebyscore", "+zrem", "+zrevrange", "+zrevrangebyscore",
	}
)

// Rules are the words of ACL SETUSER after the user's name, but for the
// password: all that the user may have had is taken back first.
func (u User) Rules() []string {
	return slices.Concat([]string{"resetkeys", "resetchannels"}, u.keys, []string{"-@all"}, u.commands)
}

// Line is the user's line of an ACL file. It has the password's hash, from which
// nobody gets back a password that was made by chance.
func (u User) Line(password string) string {
	hash := sha256.Sum256([]byte(password))
	words := append([]string{"user", u.Name, "on", "#" + hex.EncodeToString(hash[:])}, u.Rules()...)
	return strings.Join(words, " ") + "\n"
}

// File is an ACL file with both users. Whoever gives no name and password is let
// in as nobody: the default user is off. Its rights are needed all the same: as
// that user a server reads its append-only file, and drops every transaction that
// it would not have been allowed.
func File(engine, bridge string) string {
	return "user default off ~* &* +@all\n" + Engine.Line(engine) + Bridge.Line(bridge)
}
