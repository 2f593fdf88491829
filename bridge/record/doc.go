// Package record is the record layer of TLS 1.3 (RFC 8446, section 5) for a bridge
// and its relay: crypto/tls makes the handshake, and what the connection carries
// then is sealed and opened here.
//
// What is on the wire is TLS as before, and either end may be crypto/tls. The
// difference is in the work: payloads are sealed from where they are into what is
// written next, several records to a write, and opened where they are to be; reads
// take as many records as have come. crypto/tls moves each byte once more on each
// side and makes a system call for each record of 16 KiB.
//
// A connection ends where TLS would go on with handshake messages: nobody sends
// new tickets or keys. Its keys are used for 2^24 records at most, less than the
// bound of RFC 8446, section 5.5; a connection that has moved as much ends, and its
// relay attaches anew.
package record
