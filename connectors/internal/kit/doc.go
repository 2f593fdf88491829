// Package kit is for writing connectors: a type with the methods of Source or
// Destination and a main of one line.
//
//	//go:embed spec.json
//	var spec []byte
//
//	func main() { kit.RunSource(shop{}) }
//
// The kit reads the command line and the files it names, answers spec, turns
// errors into messages and exit codes, and ends on SIGTERM:
//
//	0    done; also a check that answers FAILED
//	1    failed, told by a TRACE ERROR on stdout
//	2    wrong command line, told on stderr
//	130  ended by SIGINT, 143 by SIGTERM: after a whole line
package kit
