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
	start int // of the event's next part in out
	rng   *rand.Rand
	now   []byte // the event's time as text
	day   []byte // in the entity's id
}

// part returns what was appended since the last part.
func (w *writer) part() []byte {
	p := w.out[w.start:]
	w.start = len(w.out)
	return p
}

func (w *writer) carCreated(k *kind, _ Position) {
	w.open(k, "Car", "CAR")
	w.quote("vin")
	w.letters(upperAlphanumeric, 17)
	w.unquote()
	w.text("make", w.pick("Tesla", "Toyota", "Honda", "Ford", "BMW"))
	w.text("model", w.pick("Model S", "Camry", "Accord", "F-150", "3 Series"))
	w.number("year", w.between(2020, 2025))
	w.text("color", w.pick("Midnight Silver", "Pearl White", "Deep Blue", "Red", "Black"))
	w.number("mileage", w.between(0, 50000))
	w.time("lastServiceDate")
	w.key("totalBalance")
	w.out = append(w.out, "0.0"...)
	w.time("lastLoanPaymentDate")
	w.quote("owner")
	w.letters(alphanumeric, 8)
	w.out = append(w.out, ' ')
	w.letters(alphanumeric, 10)
	w.unquote()
	w.close()
}

func (w *writer) loanCreated(k *kind, at Position) {
	amount := w.between(20000, 80000)
	rate := float64(w.between(200, 700)) / 10000
	months := []int{36, 48, 60, 72}[w.rng.IntN(4)]
	w.open(k, "Loan", "LOAN")
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

func (w *writer) loanPayment(k *kind, at Position) {
	w.open(k, "LoanPayment", "PAYMENT")
	w.parent("loanId", "LOAN", at)
	w.money("amount", w.cents(500, 2000))
	w.time("paymentDate")
	w.close()
}

func (w *writer) carService(k *kind, at Position) {
	w.open(k, "ServiceRecord", "SERVICE")
	w.parent("carId", "CAR", at)
	w.time("serviceDate")
	w.money("amountPaid", w.cents(100, 1100))
	w.quote("dealerId")
	w.out = strconv.AppendInt(append(w.out, "DEALER-"...), int64(w.between(1, 999)), 10)
	w.unquote()
	w.text("dealerName", w.pick("Tesla Service Center - San Francisco", "Toyota Service Center - Los Angeles",
		"Honda Service Center - New York", "Ford Service Center - Chicago", "BMW Service Center - Miami"))
	w.number("mileageAtService", w.between(1000, 100000))
	w.text("description", w.pick("Regular maintenance service including tire rotation, brake inspection, and fluid top-up",
		"Oil change and filter replacement", "Brake pad replacement and brake fluid flush",
		"Transmission service and fluid change", "Battery replacement and electrical system check"))
	w.close()
}

// open writes the headers and the entity's id, such as CAR-20261123-4711.
func (w *writer) open(k *kind, entity, prefix string) {
	var random [16]byte
	binary.LittleEndian.PutUint64(random[:8], w.rng.Uint64())
	binary.LittleEndian.PutUint64(random[8:], w.rng.Uint64())
	w.out = append(w.out, `{"eventHeader": {`...)
	w.quote("uuid")
	w.out = appendUUID(w.out, random, 4)
	w.unquote()
	w.text("eventName", k.name)
	w.text("eventType", string(k.of))
	w.time("createdDate")
	w.time("savedDate")
	w.out = append(w.out, `}, "entities": [{"entityHeader": {`...)
	w.quote("entityId")
	id := len(w.out)
	w.out = append(append(append(append(w.out, prefix...), '-'), w.day...), '-')
	w.out = strconv.AppendInt(w.out, int64(w.between(1, 9999)), 10)
	end := len(w.out)
	w.unquote()
	w.text("entityType", entity)
	w.time("createdAt")
	w.time("updatedAt")
	w.out = append(w.out, '}')
	w.quote("id")
	w.out = append(w.out, w.out[id:end]...)
	w.unquote()
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

// quote writes a key and opens its text, which unquote closes.
func (w *writer) quote(key string) {
	w.key(key)
	w.out = append(w.out, '"')
}

func (w *writer) unquote() { w.out = append(w.out, '"') }

func (w *writer) text(key, value string) {
	w.quote(key)
	w.out = append(w.out, value...)
	w.unquote()
}

func (w *writer) time(key string) {
	w.quote(key)
	w.out = append(w.out, w.now...)
	w.unquote()
}

func (w *writer) number(key string, n int) {
	w.key(key)
	w.out = strconv.AppendInt(w.out, int64(n), 10)
}

func (w *writer) money(key string, amount float64) {
	w.quote(key)
	w.out = strconv.AppendFloat(w.out, amount, 'f', 2, 64)
	w.unquote()
}

// parent writes the id of the entity that this one belongs to, such as CAR-3-0-17.
func (w *writer) parent(key, prefix string, at Position) {
	w.quote(key)
	w.out = append(w.out, prefix...)
	for _, n := range [...]int{at.Invocation, at.Iteration, at.Row} {
		w.out = strconv.AppendInt(append(w.out, '-'), int64(n), 10)
	}
	w.unquote()
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
