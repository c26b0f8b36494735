package operatorapi_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
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
			{map[string]any{"mail_sender_name": strings.Repeat("x", 41)}, "has 41 characters; at most 40 are allowed"},
			{map[string]any{"mail_footer": strings.Repeat("x", 501)}, "longer than 500 characters"},
			{map[string]any{"support": "javascript:alert(1)"}, "email or an https URL"},
			{map[string]any{"font": "x"}, "Known fields: product_name, accent_color"},
			{map[string]any{"logo": "PHN2Zy8+"}, "branding.logo is not valid: it is not a PNG file."},
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
		logo := rafftest.Logo(t)
		hash := set(map[string]any{"logo": logo})["logo_sha256"]
		if text, _ := hash.(string); len(text) != 64 {
			t.Errorf("hash: %v", hash)
		}
		if export := o.do(t, "GET", at+"/export", nil).Want(t, 200); !bytes.Contains(export.Body, []byte(`{"type":"logo","data":{"png":"`+logo+`"}}`)) {
			t.Errorf("exported: %s", export.Body)
		}
		made := o.do(t, "POST", "/operator/v1/accounts", map[string]any{"name": "Shop", "owner_email": "bob@example.com", "branding": map[string]any{"product_name": "Shop", "logo": logo}}).Want(t, 201).Data(t)
		says(made["branding"].(map[string]any), "Shop|<nil>|<nil>|<nil>|<nil>")
		if got := made["branding"].(map[string]any)["logo_sha256"]; got != hash {
			t.Errorf("the new account has the logo %v, want %v", got, hash)
		}
		file := fmt.Sprint("/assets/account/", hash, ".png")
		if res := srv.Send(t, "GET", file, http.Header{}, nil).Want(t, 200); base64.StdEncoding.EncodeToString(res.Body) != logo {
			t.Errorf("%q", res.Body)
		}
		says(set(nil), "<nil>|<nil>|<nil>|<nil>|<nil>")
		for _, log := range []rafftest.Response{
			o.do(t, "GET", "/operator/v1/audit-events?target="+srv.AccountID, nil), srv.Do(t, "GET", "/api/v1/audit-events?action=account.branding_changed", srv.Key, nil),
		} {
			if n := bytes.Count(log.Want(t, 200).Body, []byte(`"account.branding_changed"`)); n != 4 {
				t.Errorf("%d events: %s", n, log.Body)
			}
		}
		// The other account still has it; then nobody does.
		srv.Send(t, "GET", file, http.Header{}, nil).Want(t, 200)
		srv.Operate(t, "PATCH", "/operator/v1/accounts/"+made["id"].(string), o.key, map[string]any{"branding": map[string]any{"logo": nil}}).Want(t, 200)
		srv.Send(t, "GET", file, http.Header{}, nil).Want(t, 404)
		srv.Operate(t, "POST", "/operator/v1/accounts", o.key, map[string]any{"name": "Shop", "owner_email": "bob@example.com", "branding": map[string]any{"logo": "x"}}).Want(t, 400)
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
