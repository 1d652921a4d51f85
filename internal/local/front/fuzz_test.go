package front

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"dsql-load-test/internal/local/front/wire"
)

// FuzzConnect: what comes before a session, a startup message and a token.
func FuzzConnect(f *testing.F) {
	f.Add(startupOf("user", "admin", "database", "postgres", "timezone", "UTC"), tokenOf(f, "app"))
	v := verifier{region: region, port: 6543, credentials: credentialsForTest(), now: time.Now}
	f.Fuzz(func(t *testing.T, packet []byte, token string) {
		if body, err := wire.ReadStartup(bytes.NewReader(packet)); err == nil {
			if st, _, refused := acceptable(wire.ParseStartup(body)); refused == nil && st.User == "" {
				t.Error("nobody is welcome")
			}
		}
		if v.check(token, host, adminUser) == nil {
			t.Errorf("token %q was not signed by us", token)
		}
	})
}

func startupOf(parameters ...string) []byte {
	body := binary.BigEndian.AppendUint32(nil, 3<<16)
	for _, p := range parameters {
		body = wire.AppendText(body, p)
	}
	body = append(body, 0)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}
