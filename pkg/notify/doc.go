// Package notify tells webhooks of what becomes of a connection: that its syncs
// fail, that they succeed again, that its source has other streams or fields.
//
// It is fed with the events that tell how syncs end. Failure is told once, at the
// first sync that does not succeed, and not again before one has: a connection
// that fails every hour sends two messages, not fifty. Delivery is at least once;
// the header webhook-id stays the same, however often something is told.
//
// What is posted, and how a receiver proves where it comes from, is in
// docs/notifications.md. It follows Standard Webhooks.
package notify
