package event

import (
	"fmt"
	"slices"

	"dsql-load-test/internal/bench"
)

// kind is one type of event.
type kind struct {
	of    bench.EventType
	name  string
	write func(*writer, *kind, Position)
	// drawn: bench.Random chooses from these types. Their number and order decide which row
	// a seed makes, so a new type must not be drawn.
	drawn bool
}

// kinds returns all types of events.
func kinds() []kind {
	return []kind{
		{bench.CarCreated, "Car Created", (*writer).carCreated, true},
		{bench.LoanCreated, "Loan Created", (*writer).loanCreated, true},
		{bench.LoanPaymentSubmitted, "Loan Payment Submitted", (*writer).loanPayment, true},
		{bench.CarServiceDone, "Car Service Done", (*writer).carService, true},
	}
}

// kindsOf returns the types that a run of type t writes: one, or all that are drawn.
func kindsOf(t bench.EventType) ([]kind, error) {
	all := kinds()
	wanted := slices.DeleteFunc(slices.Clone(all), func(k kind) bool {
		return t == bench.Random && !k.drawn || t != bench.Random && k.of != t
	})
	if len(wanted) == 0 {
		return nil, fmt.Errorf("event type %q: must be one of %v", t, bench.EventTypes())
	}
	return wanted, nil
}

// Longest has the number of characters of the longest value of each column, over all types
// of events.
type Longest struct{ ID, Name, Type, Moment, Data int }

// LongestValues returns the lengths that a table must have room for. Data is rounded up.
func LongestValues() Longest {
	l := Longest{ID: 36, Moment: len(momentLayout), Data: 800}
	for _, k := range kinds() {
		l.Name, l.Type = max(l.Name, len(k.name)), max(l.Type, len(k.of))
	}
	return l
}
