package cost

import "time"

// How DSQL meters a transaction (Aurora DSQL User Guide, "How billing works").
const (
	minRowBytes     = 128  // a row counts as at least so much
	minWrittenBytes = 1024 // and a transaction as so much
	minReadBytes    = 2048
	dpuPerWritten   = 0.00004883    // per byte
	dpuPerRead      = 0.00000183105 // per byte
)

// What an insert computes, fitted to two measurements: a row of 700 bytes takes
// 0.062 DPU alone, and 0.036 DPU in a batch of 100.
const (
	transactionCompute = 6500 * time.Microsecond
	rowCompute         = 1700 * time.Microsecond
)

// WriteDPU is what a transaction takes that writes rows of so many bytes.
func WriteDPU(rows ...int) float64 {
	var written int
	for _, size := range rows {
		written += max(size, minRowBytes)
	}
	return float64(max(written, minWrittenBytes)) * dpuPerWritten
}

// ReadDPU is what a transaction takes that reads so many bytes.
func ReadDPU(read int) float64 { return float64(max(read, minReadBytes)) * dpuPerRead }

// ComputeDPU is what a transaction takes that inserts so many rows: a DPU is a
// second.
func ComputeDPU(rows int) float64 {
	return (transactionCompute + time.Duration(rows)*rowCompute).Seconds()
}

// InsertDPU is all that an INSERT of rows of so many bytes takes. ON CONFLICT
// looks for ids that aren't there, which reads least.
func InsertDPU(rows ...int) float64 { return WriteDPU(rows...) + ReadDPU(0) + ComputeDPU(len(rows)) }
