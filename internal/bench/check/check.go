// Package check checks data from outside before it is used: the answer of an invocation and
// the record in a results file. A number must be in its range, a word must be known, and two
// fields must not contradict each other. Each fault names its field.
//
// For answers, read response.go first; checking.go has the helpers and slowest.go the list of
// the slowest statements. For records, Values (values.go) checks each value alone, Plans and
// Accounts (accounts.go, placed.go) compare values with each other, walk.go visits all values,
// and place.go and notfinite.go handle figures that are infinite or not a number.
package check
