package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// kinds are the types of the objects of the chart, of Kubernetes itself.
var kinds = map[string]func() any{
	"v1 ConfigMap":                  func() any { return &corev1.ConfigMap{} },
	"v1 Service":                    func() any { return &corev1.Service{} },
	"apps/v1 Deployment":            func() any { return &appsv1.Deployment{} },
	"batch/v1 Job":                  func() any { return &batchv1.Job{} },
	"policy/v1 PodDisruptionBudget": func() any { return &policyv1.PodDisruptionBudget{} },
	"networking.k8s.io/v1 Ingress":  func() any { return &networkingv1.Ingress{} },
}

// render renders the chart as helm install does, and decodes the objects strictly: a field that Kubernetes does not know is an
// error.
func render(t *testing.T, values string) (objects map[string]any, err error) {
	t.Helper()
	c := load(t)
	given, err := chartutil.ReadValues([]byte(values))
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, given, chartutil.ReleaseOptions{Name: "team", Namespace: "default", Revision: 1, IsInstall: true}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Engine{Strict: true}.Render(c, all)
	if err != nil {
		return nil, err
	}
	objects = map[string]any{}
	for name, text := range files {
		if !strings.HasSuffix(name, ".yaml") || strings.TrimSpace(text) == "" {
			continue
		}
		var header struct{ APIVersion, Kind string }
		if err := yaml.Unmarshal([]byte(text), &header); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		kind := header.APIVersion + " " + header.Kind
		if kinds[kind] == nil {
			t.Fatalf("%s: unknown kind %q\n%s", name, kind, text)
		}
		o := kinds[kind]()
		if err := yaml.UnmarshalStrict([]byte(text), o); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		objects[header.Kind] = o
	}
	return objects, nil
}

func load(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(filepath.Join(root, "packaging/helm/raff"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const everything = `
publicURL: https://team.example.com
trustedProxies: 10.0.0.0/8
database: {existingSecret: raff-database, migrations: {existingSecret: raff-owner}}
mail: {existingSecret: raff-mail, from: "raff <team@example.com>"}
sealKey: {existingSecret: raff-seal}
secretsKey: {existingSecret: raff-secrets}
settings: {rate-limits: "off", log-level: warn}
ingress: {enabled: true, className: nginx, tlsSecret: team-tls, annotations: {example.com/a: b}}
imagePullSecrets: [{name: pull}]
podAnnotations: {example.com/c: d}
nodeSelector: {kubernetes.io/os: linux}
tolerations: [{key: a, operator: Exists}]
affinity: {nodeAffinity: {}}
`

// TestChart renders the chart with few and with all values.
func TestChart(t *testing.T) {
	least, err := render(t, "publicURL: https://team.example.com\ndatabase: {existingSecret: raff-database}")
	if err != nil {
		t.Fatal(err)
	}
	if least["Ingress"] != nil || least["Job"] != nil {
		t.Error("an ingress or a job without being asked for")
	}
	all, err := render(t, everything)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ConfigMap", "Deployment", "Service", "Ingress", "Job", "PodDisruptionBudget"} {
		if all[kind] == nil {
			t.Errorf("no %s", kind)
		}
	}
	pods := all["Deployment"].(*appsv1.Deployment).Spec
	c := pods.Template.Spec.Containers[0]
	if c.LivenessProbe.HTTPGet.Path != "/health" || c.ReadinessProbe.HTTPGet.Path != "/ready" {
		t.Errorf("probes on %s and %s", c.LivenessProbe.HTTPGet.Path, c.ReadinessProbe.HTTPGet.Path)
	}
	if got := *pods.Template.Spec.TerminationGracePeriodSeconds; got != 70 {
		t.Errorf("grace period %d, want the drain delay and 60 seconds", got)
	}
	for _, selector := range []map[string]string{pods.Selector.MatchLabels, all["Service"].(*corev1.Service).Spec.Selector, all["PodDisruptionBudget"].(*policyv1.PodDisruptionBudget).Spec.Selector.MatchLabels} {
		for name, value := range selector {
			if pods.Template.Labels[name] != value {
				t.Errorf("the selector %s=%s does not match the pods", name, value)
			}
		}
	}
	if job := all["Job"].(*batchv1.Job).Spec.Template.Labels; job["app.kubernetes.io/name"] == pods.Selector.MatchLabels["app.kubernetes.io/name"] {
		t.Error("the service selects the pod of the job")
	}
	if host := all["Ingress"].(*networkingv1.Ingress).Spec.Rules[0].Host; host != "team.example.com" {
		t.Errorf("the host of the ingress is %q", host)
	}
	for _, o := range []map[string]any{least, all} {
		checkSettings(t, o["ConfigMap"].(*corev1.ConfigMap).Data["raff.yaml"])
	}
}

// checkSettings lets raffd check the settings of the chart.
func checkSettings(t *testing.T, settings string) {
	t.Helper()
	dir := t.TempDir()
	raffd := filepath.Join(dir, "raffd")
	output(t, "go", "-C", root, "build", "-trimpath", "-o", raffd, "./cmd/raffd")
	key := filepath.Join(dir, "seal.key")
	output(t, raffd, "seal-key", "create", "--file", key)
	file := filepath.Join(dir, "raff.yaml")
	if err := os.WriteFile(file, []byte(strings.NewReplacer("/etc/raff/seal/seal.key", key, "/etc/raff/secrets/secrets.key", key).Replace(settings)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RAFF_DATABASE_URL", "postgres://raff@db.example.com/raff?sslmode=verify-full")
	if strings.Contains(settings, "mail-from") {
		t.Setenv("RAFF_SMTP_URL", "smtp://mail.example.com")
	}
	if got := output(t, raffd, "config", "check", "--config", file); !strings.Contains(got, "The configuration is valid.") {
		t.Errorf("%s\n%s", settings, got)
	}
}

// TestChartRefusesMistakes checks that values which cannot work are refused before anything is installed.
func TestChartRefusesMistakes(t *testing.T) {
	for values, want := range map[string]string{
		"database: {existingSecret: a}":                                                                 "publicURL",
		"publicURL: https://team.example.com":                                                           "existingSecret",
		"publicURL: team.example.com\ndatabase: {existingSecret: a}":                                    "publicURL",
		"publicURL: https://team.example.com\ndatabase: {existingSecret: a}\nreplica: 3":                "replica",
		"publicURL: https://team.example.com\ndatabase: {existingSecret: a}\ndrainDelay: soon":          "drainDelay",
		"publicURL: https://team.example.com\ndatabase: {existingSecret: a}\nmail: {existingSecret: b}": "mail.from",
	} {
		if _, err := render(t, values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error about %s", values, err, want)
		}
	}
}

// TestCompose loads the compose file, which also checks it against the schema of the Compose specification.
func TestCompose(t *testing.T) {
	o, err := cli.NewProjectOptions([]string{filepath.Join(root, "packaging/container/compose.yaml")}, cli.WithEnv([]string{"RAFF_PUBLIC_URL=https://team.example.com"}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := p.Services["raffd"]
	file := filepath.Join(s.Build.Context, s.Build.Dockerfile)
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the image cannot be built: %v", err)
	}
	if !s.ReadOnly || len(p.Services) != 2 || len(p.Secrets) != 2 {
		t.Errorf("unexpected services: %+v", s)
	}
}
