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

// checkSurroundings reports the faults of this machine's configuration, as far as the
// run depends on it, and of the addresses that the settings name.
func (f *flags) checkSurroundings() error {
	all := &faults{named: f.Named}
	f.checkLocalTarget(all)
	if c := &f.Config; c.TelemetryRequired || c.Telemetry == bench.TelemetryRelay || c.Telemetry == bench.TelemetryOTLP { // else a warning
		all.all = append(all.all, telemetry.CheckVariables(os.Getenv)...)
	}
	f.checkAWS(all)
	if f.Config.Target == bench.AWS && f.Cluster != "" && f.DatabaseURL == "" {
		a, err := run.ClusterAddress(&f.Values, &f.Config)
		all.all = append(all.all, err)
		if err == nil {
			_, err = a.Where() // client variables may stand in the way
			all.add("cluster", "", err)
		}
	}
	return all.err()
}

// checkAWS notes the faults of the AWS configuration, of which nothing counts for a
// run on this machine.
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

// checkLocalTarget notes the faults of --fault and --database-url.
func (f *flags) checkLocalTarget(all *faults) {
	_, err := run.Faults(&f.Values)
	all.all = append(all.all, err)
	if f.DatabaseURL != "" {
		_, err := address.Address{URL: f.DatabaseURL}.Where()
		all.add("database-url", "", err)
	}
}

// checkFiles reports the files and folders that a run can't read or write.
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

// checkFile reports whether a file can be written at path, once the folder made
// is there.
func checkFile(path, made string) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errors.New("is a folder, and must be a file")
	case err == nil && !info.Mode().IsRegular():
		return nil // a device or a pipe is written as it goes
	}
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != filepath.Clean(made) {
		return fmt.Errorf("there is no folder %s", filepath.Dir(path))
	}
	return doctor.Writable(filepath.Dir(path))
}
