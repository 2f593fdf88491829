// Package report shows people what the engine says: how a sync goes while it
// goes, the ledger it ends with, and tables of syncs, streams and log lines. It
// decides nothing.
package report
