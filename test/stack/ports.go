package stack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// freePorts chooses n ports of the loopback interface. They are below the ports that systems
// use for outgoing connections, so that no program takes the collector's port between its
// death and its restart.
func freePorts(n int) (ports []int, err error) {
	const lowest, highest = 15000, 32000
	for range 1000 {
		port := lowest + rand.IntN(highest-lowest)
		listener, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		defer listener.Close() // held only until all are chosen
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, errors.New("find free ports: none left")
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func loopbackURL(port int) string { return fmt.Sprintf("http://%s", loopback(port)) }
