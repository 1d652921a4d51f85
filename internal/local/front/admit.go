package front

import (
	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front/wire"
)

// admit counts a client in, or returns why it may not connect. Call leave for a client
// that was counted in.
func (f *Front) admit() *wire.Error {
	allowed := f.rate.AllowN(f.options.Now(), 1)
	if allowed && f.faults.Draw(fault.Refuse) {
		f.faults.Happened(fault.Refuse)
		allowed = false
	}
	if !allowed {
		return &wire.Error{Fatal: true, Code: "53400", Message: "Unable to accept connection, rate exceeded."}
	}
	if f.count.Add(1) > int64(f.options.Limits.Connections) {
		f.leave()
		return &wire.Error{Fatal: true, Code: "53300", Message: "Unable to accept connection, too many open connections."}
	}
	return nil
}

func (f *Front) leave() { f.count.Add(-1) }
