package event

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strconv"
)

// writer appends one event as JSON in the format of the original suite, with the same order
// of keys and the separators ", " and ": ".
type writer struct {
	out   []byte
	rng   *rand.Rand
	now   []byte   // the event's time as text
	day   string   // in the entity's id
	clock [32]byte // memory for now
}

func (w *writer) carCreated(e Event, _ Position) {
	id := w.open(e, "Car", "CAR")
	w.text("id", id)
	w.key("vin")
	w.quote(func() { w.letters(upperAlphanumeric, 17) })
	w.text("make", w.pick("Tesla", "Toyota", "Honda", "Ford", "BMW"))
	w.text("model", w.pick("Model S", "Camry", "Accord", "F-150", "3 Series"))
	w.number("year", w.between(2020, 2025))
	w.text("color", w.pick("Midnight Silver", "Pearl White", "Deep Blue", "Red", "Black"))
	w.number("mileage", w.between(0, 50000))
	w.time("lastServiceDate")
	w.key("totalBalance")
	w.out = append(w.out, "0.0"...)
	w.time("lastLoanPaymentDate")
	w.key("owner")
	w.quote(func() {
		w.letters(alphanumeric, 8)
		w.out = append(w.out, ' ')
		w.letters(alphanumeric, 10)
	})
	w.close()
}

func (w *writer) loanCreated(e Event, at Position) {
	amount := w.between(20000, 80000)
	rate := float64(w.between(200, 700)) / 10000
	months := []int{36, 48, 60, 72}[w.rng.IntN(4)]
	id := w.open(e, "Loan", "LOAN")
	w.text("id", id)
	w.parent("carId", "CAR", at)
	w.text("financialInstitution", w.pick("First National Bank", "Chase Bank", "Wells Fargo", "Bank of America"))
	w.money("balance", float64(amount))
	w.time("lastPaidDate")
	w.money("loanAmount", float64(amount))
	w.key("interestRate")
	w.out = strconv.AppendFloat(w.out, rate, 'f', -1, 64)
	w.number("termMonths", months)
	w.time("startDate")
	w.text("status", "active")
	w.money("monthlyPayment", annuity(float64(amount), rate/12, months))
	w.close()
}

// annuity returns the constant payment that repays principal in n periods with the given
// interest rate per period: P r (1+r)^n / ((1+r)^n - 1).
func annuity(principal, rate float64, n int) float64 {
	growth := math.Pow(1+rate, float64(n))
	return principal * rate * growth / (growth - 1)
}

func (w *writer) loanPayment(e Event, at Position) {
	id := w.open(e, "LoanPayment", "PAYMENT")
	w.text("id", id)
	w.parent("loanId", "LOAN", at)
	w.money("amount", w.cents(500, 2000))
	w.time("paymentDate")
	w.close()
}

func (w *writer) carService(e Event, at Position) {
	id := w.open(e, "ServiceRecord", "SERVICE")
	w.text("id", id)
	w.parent("carId", "CAR", at)
	w.time("serviceDate")
	w.money("amountPaid", w.cents(100, 1100))
	w.text("dealerId", "DEALER-"+strconv.Itoa(w.between(1, 999)))
	w.text("dealerName", w.pick("Tesla Service Center - San Francisco", "Toyota Service Center - Los Angeles",
		"Honda Service Center - New York", "Ford Service Center - Chicago", "BMW Service Center - Miami"))
	w.number("mileageAtService", w.between(1000, 100000))
	w.text("description", w.pick("Regular maintenance service including tire rotation, brake inspection, and fluid top-up",
		"Oil change and filter replacement", "Brake pad replacement and brake fluid flush",
		"Transmission service and fluid change", "Battery replacement and electrical system check"))
	w.close()
}

// open writes the headers and returns the entity's id, such as CAR-20261123-4711.
func (w *writer) open(e Event, entity, prefix string) string {
	var random [16]byte
	binary.LittleEndian.PutUint64(random[:8], w.rng.Uint64())
	binary.LittleEndian.PutUint64(random[8:], w.rng.Uint64())
	id := prefix + "-" + w.day + "-" + strconv.Itoa(w.between(1, 9999))
	w.out = append(w.out, `{"eventHeader": {`...)
	w.text("uuid", formatUUID(random[:], 4))
	w.text("eventName", e.Name)
	w.text("eventType", string(e.Type))
	w.time("createdDate")
	w.time("savedDate")
	w.out = append(w.out, `}, "entities": [{"entityHeader": {`...)
	w.text("entityId", id)
	w.text("entityType", entity)
	w.time("createdAt")
	w.time("updatedAt")
	w.out = append(w.out, '}')
	return id
}

func (w *writer) close() { w.out = append(w.out, "}]}"...) }

func (w *writer) key(name string) {
	if w.out[len(w.out)-1] != '{' {
		w.out = append(w.out, ", "...)
	}
	w.out = append(w.out, '"')
	w.out = append(w.out, name...)
	w.out = append(w.out, `": `...)
}

func (w *writer) quote(value func()) {
	w.out = append(w.out, '"')
	value()
	w.out = append(w.out, '"')
}

func (w *writer) text(key, value string) {
	w.key(key)
	w.quote(func() { w.out = append(w.out, value...) })
}

func (w *writer) time(key string) {
	w.key(key)
	w.quote(func() { w.out = append(w.out, w.now...) })
}

func (w *writer) number(key string, n int) {
	w.key(key)
	w.out = strconv.AppendInt(w.out, int64(n), 10)
}

func (w *writer) money(key string, amount float64) {
	w.key(key)
	w.quote(func() { w.out = strconv.AppendFloat(w.out, amount, 'f', 2, 64) })
}

// parent writes the id of the entity that this one belongs to, such as CAR-3-0-17.
func (w *writer) parent(key, prefix string, at Position) {
	w.key(key)
	w.quote(func() {
		w.out = append(w.out, prefix...)
		for _, n := range [...]int{at.Invocation, at.Iteration, at.Row} {
			w.out = strconv.AppendInt(append(w.out, '-'), int64(n), 10)
		}
	})
}

const (
	upperAlphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	alphanumeric      = "abcdefghijklmnopqrstuvwxyz" + upperAlphanumeric
)

func (w *writer) letters(from string, n int) {
	for range n {
		w.out = append(w.out, from[w.rng.IntN(len(from))])
	}
}

func (w *writer) pick(from ...string) string { return from[w.rng.IntN(len(from))] }

// between returns a random whole number from low to high, both included.
func (w *writer) between(low, high int) int { return low + w.rng.IntN(high-low+1) }

// cents returns a random amount from low to high, both included, in steps of a cent.
func (w *writer) cents(low, high int) float64 {
	return float64(w.between(100*low, 100*high)) / 100
}
