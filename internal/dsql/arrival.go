package dsql

import (
	"net"
	"sync/atomic"
	"time"
)

// arrival knows when the last bytes came to a connection's socket, by the
// kernel's clock: what lies between that and the reading of our clock is time
// that this process took, and not the database. Zero where it isn't known.
type arrival struct{ nanos atomic.Int64 }

// lastArrival is when the last bytes came to conn; zero where that isn't known.
func lastArrival(conn net.Conn) time.Time {
	for {
		switch c := conn.(type) {
		case interface{ arrived() *arrival }:
			if n := c.arrived().nanos.Load(); n != 0 {
				return time.Unix(0, n)
			}
			return time.Time{}
		case interface{ NetConn() net.Conn }: // TLS
			conn = c.NetConn()
		default:
			return time.Time{}
		}
	}
}
