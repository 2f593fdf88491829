// Package imports holds the rules on who may import whom, each with its reason,
// and the test that checks them against the module as it is.
package imports
