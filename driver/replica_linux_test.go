package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dsql-load-test/internal/dsql"
	"dsql-load-test/internal/dsql/table"
	"dsql-load-test/internal/local/postgres"
)

// serverFolder makes a folder for a PostgreSQL, which may not be root's, and returns it
// with what runs a program of the server's.
func serverFolder(t *testing.T) (folder string, do func(program string, args ...string)) {
	t.Helper()
	programs, err := postgres.Installed()
	if err != nil {
		t.Fatal(err)
	}
	folder, err = shortFolder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	var owner *syscall.Credential // PostgreSQL doesn't run as root
	if os.Geteuid() == 0 {
		owner = &syscall.Credential{Uid: 65534, Gid: 65534}
		if err := os.Chown(folder, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	return folder, func(program string, args ...string) {
		t.Helper()
		cmd := exec.Command(filepath.Join(programs, program), args...)
		cmd.Dir, cmd.SysProcAttr = folder, &syscall.SysProcAttr{Credential: owner}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", program, err, out)
		}
	}
}

// startServer starts the PostgreSQL whose data are in the folder, for the length of the
// test.
func startServer(t *testing.T, folder string, do func(program string, args ...string)) {
	t.Helper()
	data := filepath.Join(folder, "data")
	do("pg_ctl", "-D", data, "-w", "-l", filepath.Join(folder, "log"), "-o", "-k "+folder+" -c listen_addresses= -c fsync=off", "start")
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(data, "postmaster.pid")); err == nil {
			do("pg_ctl", "-D", data, "-m", "immediate", "stop")
		}
	})
}

// startReplica starts a PostgreSQL with the table that is in recovery for the length
// of the test, and returns its socket's folder.
func startReplica(t *testing.T) (folder string) {
	t.Helper()
	folder, do := serverFolder(t)
	data := filepath.Join(folder, "data")
	do("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N")
	startServer(t, folder, do)
	if err := execute(folder, "postgres", strings.Join(table.Schema(), ";")); err != nil {
		t.Fatal(err)
	}
	do("pg_ctl", "-D", data, "-w", "stop")
	if err := os.WriteFile(filepath.Join(data, "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	startServer(t, folder, do)
	return folder
}

// Servers that take no writes: a replica, and one that is set so.
func TestServersThatTakeNoWrites(t *testing.T) {
	replica, readOnly := startReplica(t), startDatabase(t)
	if err := executeEach(readOnly, "postgres", strings.Join(table.Schema(), "; ")+"; ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ folder, says, cure string }{
		"a replica": {replica, "the server is a replica (pg_is_in_recovery() says so): it takes no writes", "name the primary server"},
		"a server that is set so": {
			readOnly, "default_transaction_read_only = on, as set for the server (configuration file), in ",
			"SET default_transaction_read_only = off; ALTER SYSTEM SET default_transaction_read_only = off; SELECT pg_reload_conf()",
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := []string{"--database-url", "postgres:///postgres?user=postgres&host=" + c.folder}
			refusedBy(t, lookingCommands(t, at), c.says, c.cure)
		})
	}
}

// All commands that look at a database tell of a setting that ends statements, with its
// source; the errors that it makes are reported with it.
func TestSettingsThatEndStatements(t *testing.T) {
	folder := startDatabase(t)
	if err := execute(folder, "postgres", strings.Join(table.Schema(), "; ")+`; CREATE ROLE hasty LOGIN SUPERUSER; ALTER ROLE hasty SET statement_timeout = '300ms';
		CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END';
		CREATE TRIGGER slowly AFTER INSERT ON `+dsql.Table+` FOR EACH ROW EXECUTE FUNCTION slowly()`); err != nil {
		t.Fatal(err)
	}
	at := []string{"--database-url", "postgres:///postgres?user=hasty&host=" + folder}
	const told = `statement_timeout = 300ms, as set for role "hasty": it ends statements that take longer`
	for name, args := range lookingCommands(t, at) {
		code, printed := ended(t, args...)
		if want := map[string]int{"run": exitIncomplete}[name]; code != want {
			t.Errorf("%s: exit code %d, want %d\n%s", name, code, want, printed)
		}
		contains(t, name, printed, told, `ALTER ROLE "hasty" RESET statement_timeout`)
		if name == "run" {
			contains(t, name, printed, "note: "+told, "NOTE     "+told, "57014", "hint: "+told)
		}
	}
}
