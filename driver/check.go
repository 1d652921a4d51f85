package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"dsql-load-test/internal/awsconfig"
	"dsql-load-test/internal/bench"
	"dsql-load-test/internal/cost"
	"dsql-load-test/internal/doctor"
	"dsql-load-test/internal/dsql/address"
	"dsql-load-test/internal/run"
	"dsql-load-test/internal/telemetry"
)

// resolve gives the settings their values and checks them, and this machine's configuration.
// It reports all faults at once.
func (f *flags) resolve(lookup func(string) (string, bool)) (bench.Config, error) {
	// The surroundings are checked even if a setting is wrong, so that the user can mend all at once.
	err := f.Resolve(lookup)
	return f.Config, errors.Join(err, f.checkSurroundings())
}

// checkSurroundings checks the configuration of this machine that the run depends on, and the
// addresses in the settings.
func (f *flags) checkSurroundings() error {
	all := &faults{named: f.Named}
	f.checkLocalTarget(all)
	if c := &f.Config; c.TelemetryRequired || c.Telemetry == bench.TelemetryRelay || c.Telemetry == bench.TelemetryOTLP { // else the run only warns
		all.all = append(all.all, telemetry.CheckVariables(os.Getenv)...)
	}
	f.checkAWS(all)
	if f.Config.Target == bench.AWS && f.Cluster != "" && f.DatabaseURL == "" {
		a, err := run.ClusterAddress(&f.Values, &f.Config)
		all.all = append(all.all, err)
		if err == nil {
			_, err = a.Where() // PostgreSQL client variables can be wrong too
			all.add("cluster", "", err)
		}
	}
	return all.err()
}

// checkAWS checks the AWS configuration. On the local target only an endpoint URL of the user's
// has any use for it.
func (f *flags) checkAWS(all *faults) {
	var endpoint string
	if f.EndpointURL != "" {
		endpoint = f.Named("endpoint-url")
	}
	switch {
	case f.Config.Target == bench.AWS:
		all.checkAWS(awsconfig.Use{Profile: f.Profile, Endpoint: endpoint}, f.Has("profile"))
	case endpoint != "":
		all.all = append(all.all, awsconfig.Check(awsconfig.Use{Endpoint: endpoint, MadeUp: true}))
	}
}

// checkLocalTarget checks --fault and --database-url.
func (f *flags) checkLocalTarget(all *faults) {
	_, err := run.Faults(&f.Values)
	all.all = append(all.all, err)
	if f.DatabaseURL != "" {
		_, err := address.Address{URL: f.DatabaseURL}.Where()
		all.add("database-url", "", err)
	}
}

// checkFiles checks that the run can read and write its files and folders.
func (f *flags) checkFiles() error {
	all := &faults{named: f.Named}
	_, err := cost.Read(f.Prices)
	all.add("prices", "", err)
	if f.JUnit != "" {
		all.add("junit", f.JUnit, checkFile(f.JUnit, f.Out))
	}
	if f.Out != "" {
		all.add("out", f.Out, doctor.Writable(f.Out))
	}
	return all.err()
}

// checkFile returns an error if no file can be written at path. made is a folder that the run
// will create.
func checkFile(path, made string) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("is a folder; must be a file")
	case err == nil && !info.Mode().IsRegular():
		return nil // a device or a pipe
	}
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != filepath.Clean(made) {
		return fmt.Errorf("there is no folder %s", filepath.Dir(path))
	}
	return doctor.Writable(filepath.Dir(path))
}
