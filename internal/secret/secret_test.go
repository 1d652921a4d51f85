package secret_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"dsql-load-test/internal/secret"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ address, want string }{
		{"postgres:///postgres?user=postgres&host=/tmp/a", "postgres:///postgres?user=postgres&host=/tmp/a"},
		{"postgres:///postgres?host=@abstract", "postgres:///postgres?host=@abstract"},
		{"postgres://me@localhost:5433/test", "postgres://me@localhost:5433/test"},
		{"postgres://me:geheim@localhost/test?sslmode=disable", "postgres://me:xxxxx@localhost/test?sslmode=disable"},
		{"postgresql://me:ge%40heim@a,b:5433/test", "postgresql://me:xxxxx@a,b:5433/test"},
		{"postgres://me:geheim@[::1]:5433/test", "postgres://me:xxxxx@[::1]:5433/test"},
		{"postgres://me@h/test?password=geheim&passfile=/home/me/.pgpass", "postgres://me@h/test?password=xxxxx&passfile=/home/me/.pgpass"},
		{"postgres://me@h/test?sslkey=k&sslpassword=geheim", "postgres://me@h/test?sslkey=k&sslpassword=xxxxx"},
		{"postgres://me@h/test?pass%77ord=geheim", "postgres://me@h/test?pass%77ord=xxxxx"},
		{"http://me:geheim@h:1/a?b=c&api-key=geheim", "http://me:xxxxx@h:1/a?b=c&api-key=xxxxx"},
		{"http://h/?api-key=ge&heim&b=c&d", "http://h/?api-key=xxxxx&xxxxx&b=c&d"},
		{"http://h/hook/aB3geheimgeheimgeheim?a=b", "http://h/hook/xxxxx?a=b"},
		{"postgres://h/d?options=-c%20my.password%3Dgeheim%20-c%20a%3D1", "postgres://h/d?options=xxxxx"},
		{"postgres://me:geheim@h/d?password=geheim&sslmode=disable&options=x", "postgres://me:xxxxx@h/d?password=xxxxx&sslmode=disable&options=x"},
		{"host=h options='-c my.password=geheim'", "host=h options=xxxxx"},
		{"mysql://me:geheim@h/test", "mysql://me:xxxxx@h/test"},
		{"https://geheim@h/a", "https://xxxxx@h/a"},
		// The user and password in doubt, the host not.
		{"postgres://me:ge%heim@h:1/test", "postgres://...@h:1"},
		{"postgres://me:ge heim@h/test", "postgres://...@h"},
		{"http://me:ge%heim@h:1/test", "http://...@h:1"},
		{"postgres://me@h/test?password=ge&heim=1", "postgres://...@h"},
		// Nothing is certain.
		{"postgres://me:ge@heim@h/test", "postgres://..."},
		{"postgres://me:ge/heim@h/test", "postgres://..."},
		{"postgres://me:123/heim@h/test", "postgres://..."},
		{"postgres://me:123/?a=heim@h/test", "postgres://..."},
		{"postgres://me:geheim@h/test?a=@b", "postgres://..."},
		{"postgres://me:geheim/test", "postgres://..."},
		{"http://me:ge#heim@h", "http://..."},
		{"http://me:ge?heim@h", "http://..."},
		{"http://me:geheim@h_%", "http://..."},
		{"://me:geheim@h", "..."},
		{"postgres//me:geheim@h/db", "..."},
		{"postgres:/me:geheim@h/db", "..."},
		{"see postgres://me:geheim@h/db", "see postgres://...@h/db"},
		{"://geheim", "..."},
		// Not a URL.
		{"/etc/my.passwords.d/c.json", "/etc/my.passwords.d/c.json"},
		{"host=h user=me password=geheim dbname=test", "host=h user=me password=xxxxx dbname=test"},
		{"host=h password = geheim", "host=h password =xxxxx"},
		{`password='ge\'heim x' host=h`, `password=xxxxx host=h`},
		{`password=ge\ heim host=h`, `password=xxxxx host=h`},
		{"PASSWORD=geheim", "PASSWORD=xxxxx"},
		{"sslpassword='geheim' passfile=/p host=h", "sslpassword=xxxxx passfile=/p host=h"},
		{"host=h password=http://geheim", "host=h password=xxxxx"},
		{"password=my geheim", "..."},
		{"password=my geheim=x", "..."},
		{"password='my' geheim'", "..."},
		{"password='my'geheim", "..."},
		{"password='geheim", "..."},
		{"me:geheim@h", "...@h"},
		{"me:ge@heim@h", "..."},
		{"me:ge/heim@h", "..."},
		{"/tmp/a:b@c.json", "/tmp/a:b@c.json"},
		{"me@h", "me@h"},
		{"foo", "foo"},
		{"p99<50ms", "p99<50ms"},
		{"", ""},
	} {
		t.Run(tc.address, func(t *testing.T) {
			if got := secret.Address(tc.address); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// pgx reads every address that Fault accepts as intended: the whole password, and no part
// of it in another field.
func TestFault(t *testing.T) {
	t.Parallel()
	const first, second = "gehe1m", "te1l7890"
	for c := rune(1); c < 0x180; c++ {
		if c == '%' { // which %te isn't, and %45 is another password
			if secret.Fault("postgres://me:"+first+"%"+second+"@h:1/db") == nil {
				t.Error("an unencoded % is taken")
			}
			continue
		}
		password := first + string(c) + second
		for name, address := range map[string]string{
			"URL":     "postgres://me:" + password + "@h:1/db",
			"port":    "postgres://me:123" + string(c) + "4567890@h:1/db",
			"query":   "postgres://me@h:1/db?password=" + password + "&sslmode=disable",
			"keyword": "host=h port=1 user=me dbname=db password=" + password + " sslmode=disable",
			"quoted":  "host=h port=1 user=me dbname=db password='" + password + "' sslmode=disable",
			"encoded": "postgres://me:" + url.PathEscape(password) + "@h:1/db",
			"escaped": "host=h port=1 user=me dbname=db password='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password) + "'",
		} {
			shown := secret.Address(address)
			err := secret.Fault(address)
			whole := password
			if name == "port" {
				whole = "123" + string(c) + "4567890"
			}
			for _, part := range []string{first, second, "4567890"} {
				if strings.Contains(shown, part) || err != nil && strings.Contains(err.Error(), part) {
					t.Errorf("%s, %q: %s, %v", name, c, shown, err)
				}
			}
			if err != nil {
				if name == "encoded" && !strings.ContainsRune("@/:", c) || name == "escaped" {
					t.Errorf("%s, %q: %v", name, c, err)
				}
				continue
			}
			config, err := pgconn.ParseConfig(address)
			if err != nil {
				continue // whose errors dsql doesn't show
			}
			if config.Host != "h" || config.Port != 1 || config.User != "me" || config.Database != "db" || config.Password != whole && config.Password != first+second {
				t.Errorf("%s, %q: taken for host %s, port %d, user %s, database %s, password %s", name, c, config.Host, config.Port, config.User, config.Database, config.Password)
			}
			for key, value := range config.RuntimeParams {
				if strings.Contains(key+value, "e1") {
					t.Errorf("%s, %q: %s = %s", name, c, key, value)
				}
			}
		}
	}
}

// An address may have each known setting next to a password.
func TestFaultOfSettings(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"options", "sslmode", "sslnegotiation", "requirepeer", "target_session_attrs", "work_mem", "host", "pool_max_conns"} {
		for _, address := range []string{"postgres://me@h/d?password=geheim&" + key + "=x", "password=geheim " + key + "=x"} {
			if err := secret.Fault(address); err != nil {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
	if secret.Fault("postgres://me@h/d?password=ge&heim=x") == nil {
		t.Error("the rest of a password is taken for a setting")
	}
}

func TestHide(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{`parse "http://me:ge%im@h:1": invalid`, `parse "http://...@h:1": invalid`},
		{"dial postgres://me:a@b/c@h/db failed", "dial postgres://...@h/db failed"},
		{"Database: postgres://me:xxxxx@h/db", "Database: postgres://me:xxxxx@h/db"},
		{"postgres://me@h", "postgres://me@h"},
		{"https://token@h", "https://...@h"},
		{`unknown figure "postgres://me:geheim"`, `unknown figure "postgres://me:xxxxx"`},
		{"http://h:1: no, http://h: no, http://[::1]:1", "http://h:1: no, http://h: no, http://[::1]:1"},
		{"http://h/a b@c", "http://h/a b@c"},
		{"host=h password=geheim port=1", "host=h password=xxxxx port=1"},
		{`password = 'ge\'h eim' port=1`, `password =xxxxx port=1`},
		{"a?sslpassword=geheim&b", "a?sslpassword=xxxxx&b"},
		{"password=xxxxx: no", "password=xxxxx: no"},
		{"PGPASSWORD=geheim psql", "PGPASSWORD=xxxxx psql"},
		{"PGPASSWORD=$(driver token) psql", "PGPASSWORD=$(driver token) psql"},
		{"password authentication failed", "password authentication failed"},
		{`Get "http://me:***@h/?token=ge@heim": no`, `Get "http://...@h/?token=xxxxx": no`},
		{`invalid port ":geheim" after host`, `invalid port "..." after host`},
		{`Get "http://h/x?a=b&token=geheim&c=d": no`, `Get "http://h/x?a=b&token=xxxxx&c=d": no`},
		{"h?Action=DbConnect&X-Amz-Signature=geheim", "h?Action=DbConnect&X-Amz-Signature=xxxxx"},
		{`"http://h:1%zzgeheim": invalid port ":1%zzgeheim" after host`, `"http://h:xxxxx": invalid port "..." after host`},
		{"parse failed of process output: {\"SecretAccessKey\":\"geheim\"\n, error: EOF", "parse failed of process output: ..., error: EOF"},
		{"nobody at http://h/?token=geheim: no", "nobody at http://h/?token=xxxxx: no"},
		{"?token=ge:heim:&b", "?token=xxxxx:&b"},
		{`Post "https://h/v1/aB3geheimgeheimgeheim/x": no`, `Post "https://h/v1/xxxxx/x": no`},
		{"https://h/2015-03-31/functions/DsqlLoadTestFunction2/invocations", "https://h/2015-03-31/functions/DsqlLoadTestFunction2/invocations"},
		{"http://h/trace/4bf92f3577b34da6a3ce929d0e0e4736 http://h/01M8PV74Y94FB8N973HS58J7CJ", "http://h/trace/4bf92f3577b34da6a3ce929d0e0e4736 http://h/01M8PV74Y94FB8N973HS58J7CJ"},
		{"K = -----BEGIN PRIVATE KEY-----\ngeheim\nab+/=\n-----END PRIVATE KEY-----\n: no", "K = ...\n: no"},
		{`K = -----BEGIN RSA PRIVATE KEY-----\ngeheim\n-----END RSA PRIVATE KEY-----, L = /x`, "K = ..., L = /x"},
		{"a -----BEGIN PRIVATE KEY-----x-----END PRIVATE KEY----- b -----BEGIN EC PRIVATE KEY-----\ngeheim: cut", "a ... b ..."},
		{"?sslkey=-----BEGIN%20PRIVATE%20KEY-----%0Ageheim%0A-----END%20PRIVATE%20KEY-----&b", "?sslkey=...&b"},
		{"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----"},
	} {
		if got := secret.Hide(tc.text); got != tc.want || secret.Hide(got) != got {
			t.Errorf("%s: got %s, want %s", tc.text, got, tc.want)
		}
	}
}

func TestIsFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for value, want := range map[string]bool{
		folder: true, folder + "/missing.key": true, folder + "/none/missing.key": false, "secret_test.go": true, "missing.key": false, "": false,
		"MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQ": false, "/none": true, "/MIIEvgIBADANBgkqhkiG9w0": false, "-----BEGIN PRIVATE KEY-----\n/x": false,
		strings.Repeat("geheim", 1000): false,
	} {
		if got := secret.IsFile(value); got != want {
			t.Errorf("%s: %t", value, got)
		}
	}
}

func TestWeb(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"http://localhost:9090": true, "https://me:ge%40heim@h/a?b=c": true, "http://[::1]:1": true, "http://h/a#b": true, "HTTP://h:1": true,
		"http://me:ge@heim@h": false, "http://me:ge/heim@h": false, "http://me:ge#heim@h": false, "http://me:ge%heim@h": false, "http://me:ge heim@h": false,
		"ftp://h": false, "http://": false, "h:1": false, "": false, "http://h:port": false,
	} {
		if err := secret.Web(address); (err == nil) != good || err != nil && strings.Contains(err.Error(), "heim") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
