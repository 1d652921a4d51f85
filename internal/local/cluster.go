package local

import (
	"cmp"
	"context"
	"crypto/rand"
	"maps"

	"dsql-load-test/internal/local/fault"
	"dsql-load-test/internal/local/front"
)

const (
	// frontConnections are those of PostgreSQL on which sessions of the front work
	// at the same time. More would only wait for the same few cores.
	frontConnections = 16
	// frontBlocks are further ones, for transactions whose clients take their time.
	frontBlocks = 100
	// frontHost is the cluster's name: what tokens are for and TLS asks for.
	frontHost = "localhost"
	// frontUser is a role that isn't admin, as a function should have.
	frontUser = "load_test"
)

// startFront puts the front before the database, with an identity made up for
// this target alone.
func (t *Target) startFront(ctx context.Context) error {
	t.credentials = front.Credentials{AccessKeyID: "AKIALOCAL" + rand.Text()[:11], SecretAccessKey: rand.Text(), SessionToken: rand.Text()}
	var err error
	t.Front, err = front.Start(ctx, front.Options{
		Address: cmp.Or(t.Options.FrontAddress, "127.0.0.1:0"), Upstream: t.Database(), ServerConns: frontConnections, Hosts: []string{frontHost}, Folder: t.Options.CertificateFolder,
		Region: t.Options.Region, Credentials: t.credentials, Faults: t.Options.Faults, Seed: t.Options.Seed,
	})
	return err
}

// Credentials are those that the front takes tokens from, as the AWS SDKs'
// variables; empty without a front.
func (t *Target) Credentials() []string {
	if t.Front == nil {
		return nil
	}
	return []string{
		"AWS_ACCESS_KEY_ID=" + t.credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + t.credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + t.credentials.SessionToken,
	}
}

// probability is how often a fault of the Lambda service is to happen.
func probability(faults fault.List, name string) float64 {
	for _, f := range faults {
		if f.Name == name {
			return f.Probability
		}
	}
	return 0
}

// Injected counts the faults so far, by name.
func (t *Target) Injected() map[string]int64 {
	all := map[string]int64{}
	if t.service != nil {
		maps.Copy(all, t.service.Injected())
	}
	if t.Front != nil {
		maps.Copy(all, t.Front.Injected())
	}
	return all
}
