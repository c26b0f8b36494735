package operatorapi_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"raff/api"
	"raff/api/client"
	"raff/internal/rafftest"
)

// The operator sets what an account has in place of the operator's brand. It is checked like the operator's own.
func TestBranding(t *testing.T) {
	rafftest.EachDatabase(t, func(t *testing.T, srv *rafftest.Server) {
		o := newSide(t, srv)
		at := "/operator/v1/accounts/" + srv.AccountID
		set := func(body any) map[string]any {
			t.Helper()
			return o.do(t, "PATCH", at, map[string]any{"branding": body}).Want(t, 200).Data(t)["branding"].(map[string]any)
		}
		says := func(got map[string]any, want string) {
			t.Helper()
			var all []string
			for _, name := range []string{"product_name", "accent_color", "support", "mail_sender_name", "mail_footer"} {
				all = append(all, fmt.Sprint(got[name]))
			}
			if text := strings.Join(all, "|"); text != want {
				t.Errorf("branding is %s, want %s", text, want)
			}
		}
		says(o.do(t, "GET", at, nil).Want(t, 200).Data(t)["branding"].(map[string]any), "<nil>|<nil>|<nil>|<nil>|<nil>")
		says(set(map[string]any{"product_name": "Lamp Works", "accent_color": "#702070", "support": "help@example.com"}), "Lamp Works|#702070|help@example.com|<nil>|<nil>")
		says(set(map[string]any{"mail_sender_name": "The Lamps", "mail_footer": "Lamps Ltd.", "support": "", "accent_color": nil}), "Lamp Works|<nil>|<nil>|The Lamps|Lamps Ltd.")
		for _, wrong := range []struct {
			body any
			says string
		}{
			{map[string]any{"accent_color": "#ffcc00"}, "has a contrast of 1.3 with the background of pages; text needs 4.5: use a darker color"},
			{map[string]any{"accent_color": "red"}, "branding.accent_color is not valid"},
			{map[string]any{"product_name": "Two\nlines"}, "branding.product_name is not valid"},
			{map[string]any{"mail_sender_name": strings.Repeat("x", 41)}, "at most 40 characters"},
			{map[string]any{"mail_footer": strings.Repeat("x", 501)}, "at most 500 characters"},
			{map[string]any{"support": "javascript:alert(1)"}, "email or an https URL"},
			{map[string]any{"logo": "x"}, "Known fields: product_name, accent_color"},
			{"x", "branding must be null, or an object with a string or null for each name"},
		} {
			r := o.do(t, "PATCH", at, map[string]any{"branding": wrong.body}).Want(t, 400)
			if m := r.JSON(t)["message"].(string); !strings.Contains(m, wrong.says) || r.JSON(t)["field"] != "branding" {
				t.Errorf("%v: %s", wrong.body, r.Body)
			}
		}
		export := o.do(t, "GET", at+"/export", nil).Want(t, 200)
		if first, _, _ := bytes.Cut(export.Body, []byte("\n")); !bytes.Contains(first, []byte(`"product_name":"Lamp Works"`)) {
			t.Errorf("exported: %s", first)
		}
		says(set(nil), "<nil>|<nil>|<nil>|<nil>|<nil>")
		for _, log := range []rafftest.Response{
			o.do(t, "GET", "/operator/v1/audit-events?target="+srv.AccountID, nil), srv.Do(t, "GET", "/api/v1/audit-events?action=account.branding_changed", srv.Key, nil),
		} {
			if n := bytes.Count(log.Want(t, 200).Body, []byte(`"account.branding_changed"`)); n != 3 {
				t.Errorf("%d events: %s", n, log.Body)
			}
		}
		sdk, err := client.NewOperator(srv.Node.OperatorURL(), o.key)
		if err != nil {
			t.Fatal(err)
		}
		name := "Lamp Works"
		a, err := sdk.Accounts.Update(t.Context(), srv.AccountID, api.UpdateOperatedAccountRequest{Branding: api.Some(map[string]*string{"product_name": &name})})
		if err != nil || a.Branding.ProductName == nil || *a.Branding.ProductName != name || a.Branding.Support != nil {
			t.Errorf("changed: %+v, %v", a, err)
		}
	}, rafftest.WithOperator())
}
