package tfprovider

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

// runCase does the same as resource.Test with half as many runs of Terraform, which take most of the time: it reads the
// state from its file, detects an empty plan by the exit status, and skips plans that would repeat an empty one. Each step
// is applied from a saved plan; then the plans without and with a refresh must be empty. At the end, everything is
// destroyed.
func runCase(t *testing.T, c resource.TestCase) {
	t.Helper()
	s := newStage(t, c.ProtoV6ProviderFactories)
	good := "" // the last configuration that was applied
	for i, step := range c.Steps {
		if step.PreConfig != nil {
			step.PreConfig()
		}
		err := s.step(step)
		switch {
		case step.ExpectError != nil && err == nil:
			t.Fatalf("Step %d/%d: no error, want one that matches %s", i+1, len(c.Steps), step.ExpectError)
		case step.ExpectError != nil && !step.ExpectError.MatchString(err.Error()):
			t.Fatalf("Step %d/%d: want an error that matches %s, got: %v", i+1, len(c.Steps), step.ExpectError, err)
		case step.ExpectError == nil && err != nil:
			t.Fatalf("Step %d/%d error: %v", i+1, len(c.Steps), err)
		case err == nil && !step.ImportState:
			good = step.Config
		}
	}
	last := s.state()
	if good != "" {
		s.write("main.tf", good)
	}
	if len(last.RootModule().Resources) > 0 {
		if out, status := s.terraform("destroy", "-auto-approve", "-refresh=false"); status != 0 {
			t.Fatalf("terraform destroy: %s", out)
		}
	}
	if c.CheckDestroy != nil {
		if err := c.CheckDestroy(last); err != nil {
			t.Errorf("check after the final destroy: %v", err)
		}
	}
}

func (s *stage) step(step resource.TestStep) error {
	switch {
	case step.ImportState && step.ImportStateKind == resource.ImportBlockWithID:
		return s.importBlock(step)
	case step.ImportState:
		return s.importCommand(step)
	}
	s.write("main.tf", step.Config)
	if step.PlanOnly {
		return s.plansNothing()
	}
	arguments := []string{"plan", "-input=false", "-detailed-exitcode", "-out=saved"}
	if step.Destroy {
		arguments = append(arguments, "-destroy")
	}
	out, status := s.terraform(arguments...)
	if status == 1 {
		return errors.New(out)
	}
	if err := s.checkPlan(step.ConfigPlanChecks.PreApply, status == 0, out); err != nil {
		return err
	}
	if out, failed := s.terraform("apply", "-input=false", "saved"); failed != 0 {
		return errors.New(out)
	}
	if step.Check != nil {
		if err := step.Check(s.state()); err != nil {
			return fmt.Errorf("check failed: %w", err)
		}
	}
	switch {
	case step.ExpectNonEmptyPlan:
		if out, status := s.terraform("plan", "-input=false", "-detailed-exitcode"); status != 2 {
			return fmt.Errorf("the next plan is empty, want changes: %s", out)
		}
	case status == 2:
		if err := s.plansNothing("-refresh=false"); err != nil {
			return err
		}
		return s.plansNothing()
	}
	return nil
}

// plansNothing returns an error with the output unless the plan is empty.
func (s *stage) plansNothing(arguments ...string) error {
	out, status := s.terraform(append([]string{"plan", "-input=false", "-detailed-exitcode"}, arguments...)...)
	switch status {
	case 0:
		return nil
	case 2:
		return fmt.Errorf("the plan %v is not empty: %s", arguments, out)
	}
	return errors.New(out)
}

func (s *stage) checkPlan(checks []plancheck.PlanCheck, empty bool, out string) error {
	var plan *tfjson.Plan
	for _, check := range checks {
		if check == plancheck.ExpectEmptyPlan() {
			if !empty {
				return fmt.Errorf("the plan is not empty: %s", out)
			}
			continue
		}
		if plan == nil {
			out, status := s.terraform("show", "-json", "saved")
			if status != 0 {
				return errors.New(out)
			}
			plan = &tfjson.Plan{}
			if err := plan.UnmarshalJSON([]byte(out)); err != nil {
				return fmt.Errorf("read the plan: %w: %.500s", err, out)
			}
		}
		var resp plancheck.CheckPlanResponse
		check.CheckPlan(s.t.Context(), plancheck.CheckPlanRequest{Plan: plan}, &resp)
		if resp.Error != nil {
			return resp.Error
		}
	}
	return nil
}

// importID returns the import id of the step: by default the id in the state.
func (s *stage) importID(step resource.TestStep) (string, error) {
	if step.ImportStateIdFunc != nil {
		return step.ImportStateIdFunc(s.state())
	}
	if step.ImportStateId != "" {
		return step.ImportStateId, nil
	}
	r := s.state().RootModule().Resources[step.ResourceName]
	if r == nil {
		return "", fmt.Errorf("%s is not in the state", step.ResourceName)
	}
	return r.Primary.ID, nil
}

// importCommand runs terraform import with an empty state.
func (s *stage) importCommand(step resource.TestStep) error {
	id, err := s.importID(step)
	if err != nil {
		return err
	}
	fresh := newStage(s.t, s.providers)
	fresh.write("main.tf", s.read("main.tf"))
	if out, status := fresh.terraform("import", "-input=false", step.ResourceName, id); status != 0 {
		return errors.New(out)
	}
	if !step.ImportStateVerify {
		return nil
	}
	attributes := func(of *terraform.State) map[string]string {
		out := maps.Clone(of.RootModule().Resources[step.ResourceName].Primary.Attributes)
		maps.DeleteFunc(out, func(name, _ string) bool {
			return slices.ContainsFunc(step.ImportStateVerifyIgnore, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		})
		return out
	}
	if got, want := attributes(fresh.state()), attributes(s.state()); !maps.Equal(got, want) {
		return fmt.Errorf("imported as %v, want %v", got, want)
	}
	return nil
}

// importBlock plans the import with an import block, which must change nothing.
func (s *stage) importBlock(step resource.TestStep) error {
	id, err := s.importID(step)
	if err != nil {
		return err
	}
	fresh := newStage(s.t, s.providers)
	fresh.write("main.tf", s.read("main.tf"))
	fresh.write("import.tf", fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", step.ResourceName, id))
	fresh.write(stateFile, s.stateWithout(step.ResourceName))
	out, status := fresh.terraform("plan", "-input=false")
	if status != 0 || !strings.Contains(out, "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.") {
		return fmt.Errorf("the import of %s: %s", id, out)
	}
	return nil
}

func (s *stage) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
