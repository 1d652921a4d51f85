package template

import (
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dsql-load-test/test/dockerignore"
)

// TestBuild builds like SAM: a copy of CodeUri, the Makefile at its original path, the target
// named after the function's logical id. The result has the handler, runtime and architecture
// in the template.
func TestBuild(t *testing.T) {
	template := load(t)
	f := function(with(t, template, nil))
	if f["Handler"] != "bootstrap" || f["Runtime"] != "provided.al2023" || in(template, "Resources", "LoadTestFunction", "Metadata", "BuildMethod") != "makefile" {
		t.Errorf("handler %v, runtime %v: not a program by itself that a makefile builds", f["Handler"], f["Runtime"])
	}
	code, err := filepath.Abs(filepath.Join(root, "lambda", f["CodeUri"].(string)))
	if err != nil {
		t.Fatal(err)
	}
	scratch, artifacts := t.TempDir(), t.TempDir()
	if err := os.CopyFS(scratch, os.DirFS(code)); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("make", "--makefile", filepath.Join(code, "Makefile"), "build-LoadTestFunction")
	build.Dir, build.Env = scratch, append(os.Environ(), "ARTIFACTS_DIR="+artifacts)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkProgram(t, filepath.Join(artifacts, f["Handler"].(string)), f["Architectures"].([]any)[0].(string))
}

func checkProgram(t *testing.T, path, architecture string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o111 != 0o111 {
		t.Errorf("mode %s: not everybody may execute it", info.Mode())
	}
	program, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if want := map[string]elf.Machine{"arm64": elf.EM_AARCH64, "x86_64": elf.EM_X86_64}[architecture]; program.Machine != want {
		t.Errorf("built for %s, the template's default is %s", program.Machine, architecture)
	}
	if _, err := program.Symbols(); !errors.Is(err, elf.ErrNoSymbols) {
		t.Errorf("symbols weren't left out: %v", err)
	}
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it needs a dynamic linker")
		}
	}
	built, err := buildinfo.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range built.Settings {
		if s.Key == "-tags" || s.Key == "-trimpath" || s.Key == "CGO_ENABLED" || s.Key == "GOOS" {
			got[s.Key] = s.Value
		}
	}
	want := map[string]string{"-tags": "lambda.norpc", "-trimpath": "true", "CGO_ENABLED": "0", "GOOS": "linux"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// TestMakefileRefuses: a wrong architecture or a missing folder is an error that says so.
func TestMakefileRefuses(t *testing.T) {
	for argument, want := range map[string]string{
		"ARCHITECTURE=arm": "ARCHITECTURE = arm: must be arm64 or x86_64",
		"ARTIFACTS_DIR=":   "ARTIFACTS_DIR is not set",
	} {
		out, err := exec.Command("make", "-f", filepath.Join(root, "lambda/Makefile"), "build-LoadTestFunction", argument).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("make %s: %v, %s; want %q", argument, err, out, want)
		}
	}
}

// TestImage: Docker gets all sources of the function and uses the same Makefile, for AWS's
// base image of the template's runtime.
func TestImage(t *testing.T) {
	dockerignore.Check(t, root, "lambda/Dockerfile.dockerignore", "./lambda")
	runtime := function(load(t))["Runtime"].(string) // provided.al2023 is the image provided:al2023
	for _, want := range []string{
		"FROM public.ecr.aws/lambda/" + strings.Replace(runtime, ".", ":", 1) + ".20",
		"make -f lambda/Makefile build-LoadTestFunction ARTIFACTS_DIR=/out ARCHITECTURE=$TARGETARCH",
		"COPY --from=build /out/bootstrap /var/runtime/bootstrap",
	} {
		if !strings.Contains(text(t, "lambda/Dockerfile"), want) {
			t.Errorf("the Dockerfile hasn't %q", want)
		}
	}
}
