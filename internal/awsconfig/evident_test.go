package awsconfig

import (
	"os"
	"path/filepath"
	"testing"
)

func TestEvident(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) string {
		path := filepath.Join(home, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file(".aws/config", "[default]\nregion = eu-west-1\n")
	for _, c := range []struct {
		name     string
		variable string
		value    string
		want     bool
	}{
		{"nothing but a region", "AWS_REGION", "eu-west-1", false},
		{"a key", "AWS_ACCESS_KEY_ID", "AKIA", true},
		{"a web identity", "AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token", true},
		{"a container's", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1", true},
		{"a profile without", "AWS_PROFILE", "default", false},
		{"a file with a key", "AWS_SHARED_CREDENTIALS_FILE", file("keys", "[default]\naws_access_key_id=AKIA\n"), true},
		{"a file with a process", "AWS_CONFIG_FILE", file("process", "[profile x]\n  credential_process = /bin/x\n"), true},
		{"a file with a session", "AWS_CONFIG_FILE", file("sso", "[profile x]\nsso_session = x\n"), true},
		{"no such file", "AWS_CONFIG_FILE", filepath.Join(home, "none"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Evident(func(name string) string { return map[string]string{"HOME": home, c.variable: c.value}[name] })
			if got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
