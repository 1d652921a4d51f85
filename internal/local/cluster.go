package local

import (
	"cmp"
	"context"
	"crypto/rand"
	"maps"

	"dsql-load-test/internal/local/front"
)

const (
	// frontConnections is how many connections of PostgreSQL work for the front at the
	// same time. More would only wait for the same few cores.
	frontConnections = 16
	// frontBlocks is how many more there are for transactions that wait for their clients.
	frontBlocks = 100
	// frontHost is the cluster's name, in tokens and in TLS.
	frontHost = "localhost"
	// frontUser is a role that isn't admin, as a function should have.
	frontUser = "load_test"
)

// startFront starts the front before the database, with random credentials.
func (t *Target) startFront(ctx context.Context) error {
	t.credentials = front.Credentials{AccessKeyID: "AKIALOCAL" + rand.Text()[:11], SecretAccessKey: rand.Text(), SessionToken: rand.Text()}
	var err error
	t.Front, err = front.Start(ctx, front.Options{
		Address: cmp.Or(t.Options.FrontAddress, "127.0.0.1:0"), Upstream: t.Database(), ServerConns: frontConnections, Hosts: []string{frontHost}, Folder: t.Options.CertificateFolder,
		Region: t.Options.Region, Credentials: t.credentials, Faults: t.Options.Faults, Seed: t.Options.Seed,
	})
	return err
}

// Credentials returns the credentials with which the front's tokens must be signed, as
// variables of the AWS SDKs; nil without a front.
func (t *Target) Credentials() []string {
	if t.Front == nil {
		return nil
	}
	return []string{
		"AWS_ACCESS_KEY_ID=" + t.credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + t.credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN=" + t.credentials.SessionToken,
	}
}

// Injected returns how often each fault has happened, by its name.
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
