package dsql

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// stampedConn is a TCP connection that records when bytes came to its socket (SO_TIMESTAMPNS of
// socket(7)). Only one goroutine at a time may read it, as pgx does. The fields from read on belong
// to the current Read; they are here so that a Read allocates nothing.
type stampedConn struct {
	*net.TCPConn
	raw  syscall.RawConn
	last arrival

	read    func(fd uintptr) bool
	into    []byte
	n       int
	err     error
	control [64]byte
}

// stampArrivals returns a stampedConn for conn, or conn itself if that isn't possible.
func stampArrivals(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	refused := raw.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	})
	if refused != nil || err != nil {
		return conn
	}
	c := &stampedConn{TCPConn: tcp, raw: raw}
	c.read = c.receive
	return c
}

func (c *stampedConn) arrived() *arrival { return &c.last }

// Read implements net.Conn.
func (c *stampedConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.into = p
	if err := c.raw.Read(c.read); err != nil {
		return 0, err
	}
	c.into = nil
	if c.err != nil {
		return 0, &net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError("recvmsg", c.err)}
	}
	if c.n == 0 {
		return 0, io.EOF
	}
	return c.n, nil
}

// receive reads once. It returns false when there is nothing to read yet.
func (c *stampedConn) receive(fd uintptr) bool {
	for {
		n, controls, _, _, err := syscall.Recvmsg(int(fd), c.into, c.control[:], 0)
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		}
		c.n, c.err = n, err
		c.stamp(c.control[:max(controls, 0)])
		return true
	}
}

// stamp stores the time in a control message: a header, then seconds and nanoseconds.
func (c *stampedConn) stamp(control []byte) {
	const header = int(unsafe.Sizeof(syscall.Cmsghdr{}))
	if len(control) < header+16 {
		return
	}
	h := (*syscall.Cmsghdr)(unsafe.Pointer(&control[0]))
	if h.Level == syscall.SOL_SOCKET && h.Type == syscall.SO_TIMESTAMPNS {
		seconds, nanos := binary.NativeEndian.Uint64(control[header:]), binary.NativeEndian.Uint64(control[header+8:])
		c.last.nanos.Store(int64(seconds)*1e9 + int64(nanos))
	}
}
