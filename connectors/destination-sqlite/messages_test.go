package main

import "knelt.dev/connectors/internal/kittest"

// The helpers of all connectors' tests, by shorter names.
var (
	quoted    = kittest.Quoted
	wantEqual = kittest.WantEqual
	stream    = kittest.Stream
	catalog   = kittest.Catalog
	record    = kittest.Record
	records   = kittest.Records
	state     = kittest.State
	global    = kittest.Global
	status    = kittest.Status
	states    = kittest.States
	input     = kittest.Input
	failure   = kittest.Failure
	fewChecks = kittest.FewChecks

	generation = kittest.Generation
)

const (
	appending = kittest.Appending
	overwrite = kittest.Overwrite
	dedup     = kittest.Dedup
	byCursor  = kittest.ByCursor
)
