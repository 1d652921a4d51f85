// Package compose checks docker-compose.yml, and the files that it mounts, without Docker.
package compose

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"

	"dsql-load-test/test/stack"
)

const root = "../.."

func load(t *testing.T, profiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithProfiles(profiles), cli.WithEnv(nil))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestServices(t *testing.T) {
	always := []string{"grafana", "jaeger", "jaeger-volume", "otel-collector", "prometheus"}
	demo := append(slices.Clone(always), "driver", "postgres")
	slices.Sort(demo)
	if diff := cmp.Diff(always, load(t).ServiceNames()); diff != "" {
		t.Errorf("without a profile (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(demo, load(t, "demo").ServiceNames()); diff != "" {
		t.Errorf("with profile demo (-want +got):\n%s", diff)
	}
}

func TestImages(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z0-9./-]+:v?\d+(\.\d+)*$`)
	for name, s := range load(t, "demo").Services {
		if s.Build == nil && !pinned.MatchString(s.Image) {
			t.Errorf("%s: image %s: want a version as its tag", name, s.Image)
		}
	}
}

func TestPorts(t *testing.T) {
	want := map[string][]string{
		"otel-collector": {"4317", "8888", "13133"},
		"prometheus":     {"9090"},
		"jaeger":         {"16686"},
		"grafana":        {"3000"},
	}
	got := map[string][]string{}
	for name, s := range load(t, "demo").Services {
		for _, p := range s.Ports {
			if ip := net.ParseIP(p.HostIP); ip == nil || !ip.IsLoopback() {
				t.Errorf("%s: port %s is published on %q; want this machine only", name, p.Published, p.HostIP)
			}
			got[name] = append(got[name], p.Published)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
}

func TestLimits(t *testing.T) {
	for name, s := range load(t, "demo").Services {
		if s.MemLimit <= 0 {
			t.Errorf("%s: no memory limit", name)
		}
		if s.Restart == "" {
			t.Errorf("%s: no restart policy", name)
		}
		if !slices.Contains(s.CapDrop, "ALL") {
			t.Errorf("%s: keeps capabilities it has no use for", name)
		}
	}
}

func TestOrder(t *testing.T) {
	const healthy, started, finished = types.ServiceConditionHealthy, types.ServiceConditionStarted, types.ServiceConditionCompletedSuccessfully
	project := load(t, "demo")
	want := map[string]map[string]string{
		"otel-collector": {"prometheus": healthy, "jaeger": started},
		"jaeger":         {"jaeger-volume": finished},
		"grafana":        {"prometheus": healthy, "jaeger": started},
		"driver":         {"postgres": healthy, "prometheus": healthy, "jaeger": started, "otel-collector": started},
	}
	got := map[string]map[string]string{}
	for name, s := range project.Services {
		for on, d := range s.DependsOn {
			if got[name] == nil {
				got[name] = map[string]string{}
			}
			got[name][on] = d.Condition
			if d.Condition == healthy && project.Services[on].HealthCheck == nil {
				t.Errorf("%s waits for the health of %s, which has no health check", name, on)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("depends_on (-want +got):\n%s", diff)
	}
	for _, name := range []string{"prometheus", "grafana", "postgres"} {
		if h := project.Services[name].HealthCheck; h == nil || h.Disable || len(h.Test) == 0 {
			t.Errorf("%s: no health check", name)
		}
	}
}

func TestVolumes(t *testing.T) {
	project := load(t, "demo")
	kept := map[string]string{}
	for name, s := range project.Services {
		for _, v := range s.Volumes {
			switch v.Type {
			case types.VolumeTypeBind:
				if _, err := os.Stat(v.Source); err != nil || !v.ReadOnly {
					t.Errorf("%s: mount of %s: read-only %v, %v; want a file of the repository, read-only", name, v.Source, v.ReadOnly, err)
				}
			case types.VolumeTypeVolume:
				if _, named := project.Volumes[v.Source]; !named {
					t.Errorf("%s: volume %q isn't named", name, v.Source)
				}
				kept[name] = v.Target
			default:
				t.Errorf("%s: mount of type %s", name, v.Type)
			}
		}
	}
	want := map[string]string{
		"prometheus": "/prometheus", "jaeger": "/var/jaeger", "jaeger-volume": "/var/jaeger",
		"grafana": "/var/lib/grafana", "postgres": "/var/lib/postgresql/data", "driver": "/results",
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("named volumes (-want +got):\n%s", diff)
	}
}

func TestNoSecrets(t *testing.T) {
	secret := regexp.MustCompile(`(?i)password|passwd|secret|token|api_?key|credential`)
	withPassword := regexp.MustCompile(`://[^/@]*:[^/@]*@`)
	for name, s := range load(t, "demo").Services {
		for key, value := range s.Environment {
			if secret.MatchString(key) || value != nil && withPassword.MatchString(*value) {
				t.Errorf("%s: environment variable %s looks like a secret", name, key)
			}
		}
		if len(s.Secrets) > 0 {
			t.Errorf("%s: has secrets", name)
		}
	}
}

// TestGrafanaLogin: everyone may view, and nobody may do more.
func TestGrafanaLogin(t *testing.T) {
	environment := load(t).Services["grafana"].Environment
	for key, want := range map[string]string{
		"GF_AUTH_ANONYMOUS_ENABLED":                  "true",
		"GF_AUTH_ANONYMOUS_ORG_ROLE":                 "Viewer",
		"GF_AUTH_DISABLE_LOGIN_FORM":                 "true",
		"GF_AUTH_BASIC_ENABLED":                      "false",
		"GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
		"GF_USERS_ALLOW_SIGN_UP":                     "false",
		"GF_ANALYTICS_REPORTING_ENABLED":             "false",
	} {
		if got := environment[key]; got == nil || *got != want {
			t.Errorf("%s = %v; want %s", key, got, want)
		}
	}
}

// TestJaegerFitsItsContainer: Jaeger refuses spans, and Go's collector works
// harder, before the container's limit is reached.
func TestJaegerFitsItsContainer(t *testing.T) {
	jaeger := load(t).Services["jaeger"]
	limit, err := strconv.Atoi(*jaeger.Environment["JAEGER_MEMORY_LIMIT_MIB"])
	if err != nil {
		t.Fatal(err)
	}
	heap, err := strconv.Atoi(strings.TrimSuffix(*jaeger.Environment["GOMEMLIMIT"], "MiB"))
	if err != nil {
		t.Fatal(err)
	}
	if container := int(jaeger.MemLimit >> 20); limit >= heap || heap >= container {
		t.Errorf("refuses above %d MiB, GOMEMLIMIT %d MiB, container %d MiB: want each below the next", limit, heap, container)
	}
	if text := *jaeger.Environment["JAEGER_STORAGE"]; text != "memory" {
		t.Errorf("storage %q; want memory by default", text)
	}
}

// TestJaegerStorages: every storage that JAEGER_STORAGE may name exists.
func TestJaegerStorages(t *testing.T) {
	for _, name := range []string{"memory", "badger"} {
		var storage map[string]any
		read(t, &storage, "jaeger", name+".yaml")
		if len(storage) != 1 || storage[name] == nil {
			t.Errorf("%s.yaml: %v; want %s alone", name, storage, name)
		}
	}
}

// TestPrometheusFlags: the compose file has the flags that the other tests use.
func TestPrometheusFlags(t *testing.T) {
	command := load(t).Services["prometheus"].Command
	for _, flag := range stack.PrometheusFlags() {
		if !slices.Contains(command, flag) {
			t.Errorf("command %q lacks %s", strings.Join(command, " "), flag)
		}
	}
}
