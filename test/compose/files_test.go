package compose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"dsql-load-test/test/dockerignore"
)

func read(t *testing.T, target any, path ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, target); err != nil {
		t.Fatal(err)
	}
}

// TestDataSources: each data source is a service at the port it listens on, and
// has the uid that dashboards name.
func TestDataSources(t *testing.T) {
	var file struct {
		Datasources []struct {
			UID, URL string
			Editable bool
			JSONData struct {
				NodeGraph   struct{ Enabled bool } `yaml:"nodeGraph"`
				ExemplarsTo []struct{ URL string } `yaml:"exemplarTraceIdDestinations"`
			} `yaml:"jsonData"`
		}
	}
	read(t, &file, "grafana", "provisioning", "datasources", "datasources.yaml")
	got := map[string]string{}
	for _, d := range file.Datasources {
		got[d.UID] = d.URL
		if d.Editable {
			t.Errorf("data source %s can be edited", d.UID)
		}
		if d.JSONData.NodeGraph.Enabled {
			t.Errorf("data source %s: with the node graph the fields of a trace have other names", d.UID)
		}
		for _, to := range d.JSONData.ExemplarsTo {
			if !strings.HasPrefix(to.URL, "/d/dsqlload-trace/") && !strings.HasPrefix(to.URL, "http://localhost:16686/trace/") {
				t.Errorf("data source %s: exemplars lead to %q", d.UID, to.URL)
			}
		}
	}
	want := map[string]string{"prometheus": "http://prometheus:9090", "jaeger": "http://jaeger:16686"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("data sources (-want +got):\n%s", diff)
	}
}

// TestDashboards: Grafana reads the dashboards where they are mounted, its home
// is one of them, and none can be changed.
func TestDashboards(t *testing.T) {
	var file struct {
		Providers []struct {
			AllowUIUpdates bool `yaml:"allowUiUpdates"`
			Options        struct{ Path string }
		}
	}
	read(t, &file, "grafana", "provisioning", "dashboards", "dashboards.yaml")
	if len(file.Providers) != 1 || file.Providers[0].AllowUIUpdates {
		t.Fatalf("providers: %+v; want one, without updates", file.Providers)
	}
	grafana, folder := load(t).Services["grafana"], file.Providers[0].Options.Path
	home := *grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
	for _, v := range grafana.Volumes {
		if v.Target != folder {
			continue
		}
		if name, inside := strings.CutPrefix(home, folder+"/"); !inside {
			t.Errorf("home %s isn't in %s", home, folder)
		} else if _, err := os.Stat(filepath.Join(v.Source, name)); err != nil {
			t.Error(err)
		}
		return
	}
	t.Errorf("nothing is mounted at %s", folder)
}

// TestTargets: Prometheus scrapes services of the compose file.
func TestTargets(t *testing.T) {
	var groups []struct{ Targets []string }
	read(t, &groups, "prometheus", "targets.yml")
	var got []string
	for _, g := range groups {
		got = append(got, g.Targets...)
	}
	if diff := cmp.Diff([]string{"otel-collector:8888", "jaeger:8889", "localhost:9090"}, got); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
}

// TestBuildContext: .dockerignore lets in all sources of the driver.
func TestBuildContext(t *testing.T) { dockerignore.Check(t, root, ".dockerignore", "./driver") }
