package cost

import "time"

// How DSQL meters a transaction (Aurora DSQL User Guide, "How billing works").
const (
	minRowBytes     = 128           // metered for a smaller row
	minWrittenBytes = 1024          // metered for a transaction that writes less
	minReadBytes    = 2048          // metered for a transaction that reads less
	dpuPerWritten   = 0.00004883    // per byte
	dpuPerRead      = 0.00000183105 // per byte
)

// Compute time of an INSERT, fitted to two measurements of its whole DPU: of a row of 700 bytes
// alone, 0.062, and of each row in a batch of 100, 0.036.
const (
	transactionCompute = 6500 * time.Microsecond
	rowCompute         = 1700 * time.Microsecond
)

// WriteDPU returns the DPU for writing rows of these sizes, in bytes, in one transaction.
func WriteDPU(rows ...int) float64 {
	var written int
	for _, size := range rows {
		written += max(size, minRowBytes)
	}
	return float64(max(written, minWrittenBytes)) * dpuPerWritten
}

// ReadDPU returns the DPU for reading that many bytes in one transaction.
func ReadDPU(read int) float64 { return float64(max(read, minReadBytes)) * dpuPerRead }

// ComputeDPU returns the DPU for computing a transaction that inserts that many rows. One
// DPU is one second.
func ComputeDPU(rows int) float64 {
	return (transactionCompute + time.Duration(rows)*rowCompute).Seconds()
}

// insertDPU returns the whole DPU of an INSERT of rows of these sizes, in bytes. ON CONFLICT
// looks for ids that aren't in the table, which is metered as the smallest read.
func insertDPU(rows ...int) float64 { return WriteDPU(rows...) + ReadDPU(0) + ComputeDPU(len(rows)) }
