// Package bucket keeps the logs of syncs in object storage: the lines of package
// synclog, read by the same queries.
//
//	NAMESPACE/CONNECTION/SYNC-ATTEMPT/EPOCH-WRITER/NUMBER.FIRST-LAST.COUNTS.jsonl
//
// An object cannot be appended to. So each relay of an attempt is a writer with a
// folder of its own and puts a chunk there every few seconds: what a killed relay
// had not put is lost, nothing before. The folders sort by the epoch of the lease,
// and one that has lost its lease (a zombie) writes only its own.
//
// The names are the index. They tell the times and the lines by origin and level,
// so a listing, a thousand names a request, says which chunks a query needs. There
// is no other object to keep in step with them.
//
// While the storage is slow or away a relay is not held up: up to
// synclog.Options.QueueBytes wait, what comes above that is counted, and the line
// that tells how many are missing stands where they would.
//
// Whoever can read the bucket can read what connectors print, which is more than
// what Options.Redact knows to hide: it has to be private.
package bucket
