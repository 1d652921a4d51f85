package dsql

import (
	"net"
	"sync/atomic"
	"time"
)

// arrival is the time when the last bytes came to a connection's socket, in nanoseconds since
// 1970 by the kernel's clock; 0 if it isn't known. The time from then until this process reads
// its clock is this process's own, not the database's.
type arrival struct{ nanos atomic.Int64 }

// lastArrival returns when the last bytes came to conn; zero if that isn't known.
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
