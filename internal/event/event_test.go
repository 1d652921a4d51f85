package event

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"dsql-load-test/internal/bench"
)

const run = "01KAQ2V8ZZ5M2N0Q3R4S5T6V7W" // 2025-11-23

var types = bench.EventTypes()[:4]

// moment is the time at which the tests make events.
var moment = time.Date(2026, 1, 2, 3, 4, 5, 678_000, time.UTC)

// generator is New for a known type.
func generator(run string, seed int64, t bench.EventType) *Generator {
	g, err := New(run, seed, t)
	if err != nil {
		panic(err)
	}
	return g
}

// The table has exactly the types that a run may use; any other type is an error.
func TestKinds(t *testing.T) {
	var all []bench.EventType
	for _, k := range kinds() {
		all = append(all, k.of)
	}
	if diff := cmp.Diff(bench.EventTypes(), append(all, bench.Random)); diff != "" {
		t.Error(diff)
	}
	for _, unknown := range []bench.EventType{"", "carcreated", "CarSold"} {
		if _, err := New(run, 1, unknown); err == nil {
			t.Errorf("%q is a type", unknown)
		}
	}
}

func generate(kind bench.EventType, n int) []Event {
	g := generator(run, 42, kind)
	events := make([]Event, n)
	for i := range events {
		events[i] = g.Event(nil, Position{Invocation: i / 100, Iteration: i / 10 % 10, Row: i % 10}, moment.Add(time.Duration(i)*time.Second))
	}
	return events
}

// Events have the documented form, byte for byte: keys in order, separators, formats. A
// pattern stands for each value that varies.
func TestShapes(t *testing.T) {
	const (
		now   = `"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"`
		money = `"\d+\.\d\d"`
	)
	oneOf := func(values string) string { return `"(` + values + `)"` }
	shape := func(name, kind, entity, prefix, fields string) *regexp.Regexp {
		id := `"` + prefix + `-\d{8}-[1-9]\d{0,3}"`
		return regexp.MustCompile(`^\{"eventHeader": \{"uuid": "[0-9a-f-]{36}", "eventName": "` + name + `", "eventType": "` + kind +
			`", "createdDate": ` + now + `, "savedDate": ` + now + `\}, "entities": \[\{"entityHeader": \{"entityId": ` + id +
			`, "entityType": "` + entity + `", "createdAt": ` + now + `, "updatedAt": ` + now + `\}, "id": ` + id + `, ` + fields + `\}\]\}$`)
	}
	shapes := map[bench.EventType]*regexp.Regexp{
		bench.CarCreated: shape("Car Created", "CarCreated", "Car", "CAR",
			`"vin": "[A-Z0-9]{17}", "make": `+oneOf("Tesla|Toyota|Honda|Ford|BMW")+`, "model": `+oneOf("Model S|Camry|Accord|F-150|3 Series")+
				`, "year": 202[0-5], "color": `+oneOf("Midnight Silver|Pearl White|Deep Blue|Red|Black")+`, "mileage": \d{1,5}, "lastServiceDate": `+now+
				`, "totalBalance": 0\.0, "lastLoanPaymentDate": `+now+`, "owner": "[A-Za-z0-9]{8} [A-Za-z0-9]{10}"`),
		bench.LoanCreated: shape("Loan Created", "LoanCreated", "Loan", "LOAN",
			`"carId": "CAR-\d+-\d+-\d+", "financialInstitution": `+oneOf("First National Bank|Chase Bank|Wells Fargo|Bank of America")+
				`, "balance": `+money+`, "lastPaidDate": `+now+`, "loanAmount": `+money+`, "interestRate": 0\.0\d{1,3}, "termMonths": (36|48|60|72), "startDate": `+
				now+`, "status": "active", "monthlyPayment": `+money),
		bench.LoanPaymentSubmitted: shape("Loan Payment Submitted", "LoanPaymentSubmitted", "LoanPayment", "PAYMENT",
			`"loanId": "LOAN-\d+-\d+-\d+", "amount": `+money+`, "paymentDate": `+now),
		bench.CarServiceDone: shape("Car Service Done", "CarServiceDone", "ServiceRecord", "SERVICE",
			`"carId": "CAR-\d+-\d+-\d+", "serviceDate": `+now+`, "amountPaid": `+money+`, "dealerId": "DEALER-[1-9]\d{0,2}", "dealerName": `+
				oneOf("Tesla Service Center - San Francisco|Toyota Service Center - Los Angeles|Honda Service Center - New York|Ford Service Center - Chicago|BMW Service Center - Miami")+
				`, "mileageAtService": \d{4,6}, "description": `+oneOf("Regular maintenance service including tire rotation, brake inspection, and fluid top-up|"+
				"Oil change and filter replacement|Brake pad replacement and brake fluid flush|Transmission service and fluid change|Battery replacement and electrical system check")),
	}
	for _, kind := range types {
		for _, e := range generate(kind, 2000) {
			if !shapes[kind].Match(e.Data) {
				t.Fatalf("%s: %s\ndoes not match\n%s", kind, e.Data, shapes[kind])
			}
		}
	}
}

// The mean sizes are those documented for the original suite's events.
func TestSizes(t *testing.T) {
	for kind, want := range map[bench.EventType]float64{
		bench.CarCreated: 687, bench.LoanCreated: 711, bench.LoanPaymentSubmitted: 539, bench.CarServiceDone: 698,
	} {
		sum := 0
		events := generate(kind, 2000)
		for _, e := range events {
			sum += len(e.Data)
		}
		if mean := float64(sum) / float64(len(events)); math.Abs(mean-want) > 10 {
			t.Errorf("%s: mean size %.1f, documented %v", kind, mean, want)
		}
	}
}

type decoded struct {
	EventHeader struct {
		UUID, EventName, EventType, CreatedDate, SavedDate string
	}
	Entities []struct {
		EntityHeader                                struct{ EntityID, EntityType, CreatedAt, UpdatedAt string }
		ID, CarID, LoanID                           string
		Year, Mileage, MileageAtService, TermMonths int
		InterestRate                                float64
		Balance, LoanAmount, MonthlyPayment         string
		Amount, AmountPaid                          string
	}
}

func TestValuesAreInRange(t *testing.T) {
	for _, kind := range types {
		for _, e := range generate(kind, 3000) {
			var d decoded
			if err := json.Unmarshal(e.Data, &d); err != nil {
				t.Fatalf("%s: %v", e.Data, err)
			}
			h, entity := d.EventHeader, d.Entities[0]
			if id, err := uuid.Parse(h.UUID); err != nil || id.Version() != 4 {
				t.Fatalf("header uuid %q: version %v, %v", h.UUID, id.Version(), err)
			}
			if h.EventName != string(e.Name) || h.EventType != string(e.Type) || h.EventType != string(kind) {
				t.Fatalf("header says %q %q, the row %q %q", h.EventName, h.EventType, e.Name, e.Type)
			}
			if _, err := time.Parse(time.RFC3339Nano, h.CreatedDate); err != nil || h.CreatedDate != string(e.Moment) || h.CreatedDate != h.SavedDate {
				t.Fatalf("header created %q saved %q, the row %v: %v", h.CreatedDate, h.SavedDate, e.Moment, err)
			}
			if entity.EntityHeader.EntityID != entity.ID {
				t.Fatalf("entityId %q, id %q", entity.EntityHeader.EntityID, entity.ID)
			}
			switch kind {
			case bench.CarCreated:
				within(t, "year", float64(entity.Year), 2020, 2025)
				within(t, "mileage", float64(entity.Mileage), 0, 50000)
			case bench.LoanCreated:
				amount, rate := parse(t, entity.LoanAmount), entity.InterestRate
				within(t, "loanAmount", amount, 20000, 80000)
				within(t, "interestRate", rate, 0.02, 0.07)
				if entity.Balance != entity.LoanAmount {
					t.Fatalf("balance %s of a new loan of %s", entity.Balance, entity.LoanAmount)
				}
				r, n := rate/12, float64(entity.TermMonths)
				want := fmt.Sprintf("%.2f", amount*r*math.Pow(1+r, n)/(math.Pow(1+r, n)-1))
				if entity.MonthlyPayment != want {
					t.Fatalf("monthlyPayment %s, the annuity formula says %s", entity.MonthlyPayment, want)
				}
			case bench.LoanPaymentSubmitted:
				within(t, "amount", parse(t, entity.Amount), 500, 2000)
			case bench.CarServiceDone:
				within(t, "amountPaid", parse(t, entity.AmountPaid), 100, 1100)
				within(t, "mileageAtService", float64(entity.MileageAtService), 1000, 100000)
			}
		}
	}
}

// The monthly payments repay a loan exactly at the end of its term.
func TestAnnuityRepaysTheLoan(t *testing.T) {
	for _, months := range []int{36, 48, 60, 72} {
		for _, rate := range []float64{0.02, 0.0455, 0.07} {
			left, payment := 54321.0, annuity(54321, rate/12, months)
			for range months {
				left = left*(1+rate/12) - payment
			}
			if math.Abs(left) > 1e-6 {
				t.Errorf("%d months at %v: %v left", months, rate, left)
			}
		}
	}
}

func TestDeterministic(t *testing.T) {
	at := Position{Scenario: bench.Batch, Invocation: 3, Iteration: 2, Row: 99}
	event := func(run string, seed int64, at Position) Event {
		g := generator(run, seed, bench.Random)
		g.Event(nil, Position{}, time.Unix(0, 0)) // what came before has no influence
		return g.Event([]byte("before"), at, moment)
	}
	base := event(run, 1, at)
	if diff := cmp.Diff(base, event(run, 1, at)); diff != "" {
		t.Errorf("same seed, run and position:\n%s", diff)
	}
	if other := event(run, 2, at); string(other.ID) != string(base.ID) || string(other.Data) == string(base.Data) {
		t.Errorf("another seed must keep the id and change the event: %s %s", other.ID, other.Data)
	}
	for name, other := range map[string]Event{
		"run":        event("01KAQ2V8ZZ5M2N0Q3R4S5T6V7X", 1, at),
		"scenario":   event(run, 1, Position{Scenario: bench.Individual, Invocation: 3, Iteration: 2, Row: 99}),
		"warm-up":    event(run, 1, Position{WarmUp: true, Scenario: bench.Batch, Invocation: 3, Iteration: 2, Row: 99}),
		"invocation": event(run, 1, Position{Scenario: bench.Batch, Invocation: 2, Iteration: 2, Row: 99}),
		"iteration":  event(run, 1, Position{Scenario: bench.Batch, Invocation: 3, Iteration: 3, Row: 99}),
		"row":        event(run, 1, Position{Scenario: bench.Batch, Invocation: 3, Iteration: 2, Row: 98}),
	} {
		if string(other.ID) == string(base.ID) || string(other.Data) == string(base.Data) {
			t.Errorf("another %s must change id and event", name)
		}
	}
	ids := NewIDs(run)
	if ids.At(at) != string(base.ID) {
		t.Errorf("IDs says %s, the generator %s", ids.At(at), base.ID)
	}
}

// Ids are unique, and each of the 122 free bits is set in half of them. This matters most in
// the first bytes: an ascending prefix would put all new rows into one range of keys.
func TestIDsSpreadLikeRandom(t *testing.T) {
	const n = 20000
	ids, seen := NewIDs(run), map[string]bool{}
	var set [128]int
	for i := range n {
		text := ids.At(Position{Invocation: i / 100, Row: i % 100})
		seen[text] = true
		id, err := uuid.Parse(text)
		if err != nil || id.Version() != 8 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%q: version %v variant %v: %v", text, id.Version(), id.Variant(), err)
		}
		for b := range 128 {
			set[b] += int(id[b/8] >> (7 - b%8) & 1)
		}
	}
	if len(seen) != n {
		t.Fatalf("%d different ids of %d", len(seen), n)
	}
	for b, count := range set {
		fixed := b/8 == 6 && b%8 < 4 || b/8 == 8 && b%8 < 2
		if !fixed && math.Abs(float64(count)-n/2) > 5*math.Sqrt(n)/2 {
			t.Errorf("bit %d is set in %d of %d ids", b, count, n)
		}
	}
}

func TestRandomIsAnEvenMix(t *testing.T) {
	counts := map[bench.EventType]int{}
	const n = 8000
	for _, e := range generate(bench.Random, n) {
		counts[bench.EventType(e.Type)]++
	}
	for _, kind := range types {
		if math.Abs(float64(counts[kind])-n/4) > 5*math.Sqrt(n*3)/4 {
			t.Errorf("%s: %d of %d", kind, counts[kind], n)
		}
	}
}

// All dates of an event are the time at which it was made, to the microsecond. Nothing else
// depends on that time: the day in the entity's id is the day of the run.
func TestMadeDatesTheEvent(t *testing.T) {
	dates := regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
	at := Position{Iteration: 1, Row: 2}
	later := time.Date(2026, 3, 4, 1, 2, 3, 456_789_999, time.FixedZone("", 3600))
	for _, kind := range types {
		g := generator(run, 7, kind)
		a, b := g.Event(nil, at, moment), g.Event(nil, at, later)
		for _, e := range []struct {
			event Event
			want  time.Time
		}{{a, moment}, {b, later.Truncate(time.Microsecond)}} {
			if want := e.want.UTC().Format(momentLayout); string(e.event.Moment) != want {
				t.Errorf("%s: moment %s, want %s", kind, e.event.Moment, want)
			}
			for _, date := range dates.FindAllString(string(e.event.Data), -1) {
				if date != e.want.UTC().Format("2006-01-02T15:04:05.000000Z") {
					t.Errorf("%s: %s in %s", kind, date, e.event.Data)
				}
			}
		}
		if string(a.ID) != string(b.ID) || dates.ReplaceAllString(string(a.Data), "") != dates.ReplaceAllString(string(b.Data), "") || len(a.Data) != len(b.Data) {
			t.Errorf("%s depends on the time:\n%s\n%s", kind, a.Data, b.Data)
		}
		if !strings.Contains(string(b.Data), "-20251123-") {
			t.Errorf("the entity's id has not the run's day: %s", b.Data)
		}
	}
	if e := generator("my run", 0, bench.CarCreated).Event(nil, at, moment); !strings.Contains(string(e.Data), "CAR-20260102-") {
		t.Errorf("a run whose id isn't a ULID: %s", e.Data)
	}
}

func within(t *testing.T, name string, value, low, high float64) {
	t.Helper()
	if value < low || value > high {
		t.Fatalf("%s = %v, must be %v to %v", name, value, low, high)
	}
}

func parse(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func BenchmarkEvent(b *testing.B) {
	for _, kind := range bench.EventTypes() {
		b.Run(string(kind), func(b *testing.B) {
			b.ReportAllocs()
			g := generator(run, 1, kind)
			buffer := make([]byte, 0, 1024)
			for i := 0; b.Loop(); i++ {
				sink += bits.OnesCount8(g.Event(buffer[:0], Position{Row: i}, moment).Data[0])
			}
		})
	}
}

var sink int
