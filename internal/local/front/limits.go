package front

import (
	"fmt"
	"time"

	"dsql-load-test/internal/local/front/session"
)

// Limits are DSQL's quotas. All must be positive.
type Limits struct {
	session.Limits               // of transactions and messages
	Connections    int           // open at once
	ConnectRate    float64       // new ones per second, after
	ConnectBurst   int           // so many at once
	ConnectionLife time.Duration // after which a connection is cut
}

// DefaultLimits are those of a cluster whose quotas nobody raised, as Aurora
// DSQL's user guide gives them (2026).
func DefaultLimits() Limits {
	return Limits{Limits: session.DefaultLimits(), Connections: 10_000, ConnectRate: 100, ConnectBurst: 1_000, ConnectionLife: 60 * time.Minute}
}

func (l *Limits) check() error {
	for name, positive := range map[string]bool{
		"connections": l.Connections > 0, "connection rate": l.ConnectRate > 0, "connection burst": l.ConnectBurst > 0,
		"connection life": l.ConnectionLife > 0, "rows": l.Rows > 0, "transaction bytes": l.TransactionBytes > 0,
		"transaction age": l.TransactionAge > 0, "message bytes": l.MessageBytes > 0,
	} {
		if !positive {
			return fmt.Errorf("limit of %s: must be over 0", name)
		}
	}
	return nil
}
