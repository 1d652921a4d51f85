package main

import (
	"fmt"

	"dsql-load-test/internal/bench"
)

// idle are flags that can do nothing in some circumstances.
type idle struct {
	flags []string
	when  bool
	where string // the circumstances, for a message
	cure  string // what would give them an effect, for a message; may be empty
}

// idleFlags says which flags can do nothing in a run of c.
func (f *flags) idleFlags(c *bench.Config) []idle {
	onAWS, target := c.Target == bench.AWS, "on the local target"
	if onAWS {
		target = "on AWS"
	}
	if origin := c.Origin["target"]; origin != "" {
		target += " (from " + origin + ")"
	}
	endpoint, database := "with "+f.Named("endpoint-url"), "with "+f.Named("database-url")
	aws := ""
	if c.Origin["target"] == f.Named("endpoint-url") { // which may be meant for AWS's functions
		aws = ", or go with --target aws"
	}
	ofLocal := []string{"env-concurrency", "concurrency-limit", "function-timeout", "front", "keep-db", "fault"}
	return []idle{
		{ofLocal, onAWS, target, ""},
		{ofLocal, !onAWS && f.EndpointURL != "", endpoint, ""},
		{[]string{"keep-db"}, !onAWS && f.EndpointURL == "" && f.DatabaseURL != "", database, ""},
		{[]string{"cluster", "db-user", "architecture", "cloudwatch", "profile"}, !onAWS, target, aws},
		{[]string{"skip-checks"}, !onAWS && f.DatabaseURL == "", target, ""},
		{[]string{"cluster", "db-user"}, onAWS && f.DatabaseURL != "", database, ""},
	}
}

// refuseIdle refuses the flags that can do nothing. A variable may be there for
// other commands, so what only it set goes back to its default; but never a
// fault: who asks for one must not take a run without it for one that bore it.
func (f *flags) refuseIdle(c *bench.Config, all *faults) error {
	for _, i := range f.idleFlags(c) {
		for _, name := range i.flags {
			if !i.when || !f.set.Changed(name) { // never of a flag that the command doesn't have
				continue
			}
			given := f.set.Lookup(name)
			if typed(f.set, name) || name == "fault" {
				all.must(false, name, given.Value, "left out "+i.where+", where it has no effect"+i.cure)
				continue
			}
			if err := given.Value.Set(given.DefValue); err != nil {
				return fmt.Errorf("--%s: %w", name, err)
			}
			given.Changed, given.Annotations = false, nil
			delete(f.Given, name)
		}
	}
	return nil
}
