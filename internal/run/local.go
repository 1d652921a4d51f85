package run

import (
	"errors"
	"fmt"

	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/bench/setting"
	"dsql-load-test/internal/local"
	"dsql-load-test/internal/local/fault"
)

// putsFront reports whether a run puts the front before the user's database.
func putsFront(v *setting.Values) bool {
	return v.Config.Target == bench.Local && v.EndpointURL == "" && v.DatabaseURL != "" && v.Front == "on"
}

// Faults parses the --fault flags. It reports all errors; each fault may be given once.
func Faults(v *setting.Values) (fault.List, error) {
	var all fault.List
	var wrong []error
	seen, name := map[string]bool{}, v.Named("fault")
	for _, text := range v.Faults {
		asked, err := fault.Parse(text)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		case seen[asked.Name]:
			wrong = append(wrong, fmt.Errorf("%s %s: %s is given twice", name, text, asked.Name))
		case v.Front == "off" && asked.Name != "throttle" && asked.Name != "crash":
			wrong = append(wrong, fmt.Errorf("%s %s: needs --front on, whose fault it is", name, text))
		}
		seen[asked.Name] = true
		all = append(all, asked)
	}
	return all, errors.Join(wrong...)
}

// LocalOptions returns the options of the local target for a run of c.
func LocalOptions(v *setting.Values, c *bench.Config) local.Options {
	faults, _ := Faults(v) // checked before, with the other flags
	rows := 1
	if c.Runs(bench.Batch) {
		rows = c.Batch.Count
	}
	return local.Options{
		FunctionName: c.FunctionName, Region: c.Region, DatabaseURL: v.DatabaseURL,
		InFlight: c.InFlight(), Rows: rows, EnvConcurrency: v.EnvConcurrency, ConcurrencyLimit: v.ConcurrencyLimit,
		FunctionTimeout: v.FunctionTimeout, KeepDB: v.KeepDB,
		NoFront: v.Front == "off", Faults: faults, Seed: c.Seed,
	}
}

// fillLocal adds the local target to the record.
func (s *session) fillLocal() {
	o, database := s.target.Options, "throwaway"
	if o.DatabaseURL != "" {
		database = "existing"
	}
	s.run.LocalTarget = &bench.LocalTarget{
		EnvConcurrency: o.EnvConcurrency, ConcurrencyLimit: o.ConcurrencyLimit,
		FunctionTimeoutSeconds: o.FunctionTimeout.Seconds(), Database: database,
		Front: !o.NoFront, Faults: append([]string{}, s.Values.Faults...), Injected: s.target.Injected(),
	}
	// Nobody ends it before the run does, so this explains failed statements.
	select {
	case <-s.target.Ended:
		s.warnOnce("PostgreSQL ended during the run")
	default:
	}
}
