// Package check looks at data from outside before it is believed: the answer of an
// invocation, and a results file. A number must be within its range, a word must be
// known, and one field must not contradict another. Each fault names its field.
package check
