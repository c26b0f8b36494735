package httpapi_test

import (
	"net/http"
	"testing"

	"raff/internal/rafftest"
)

// TestIfMatch changes and then deletes each kind of object, for a version that is no longer current and for the current one.
func TestIfMatch(t *testing.T) {
	srv := rafftest.Start(t)
	for _, o := range identifiables(t, srv, "a") {
		made := srv.Do(t, "POST", o.path, srv.Key, o.make).Want(t, 201).Data(t)
		at := o.path + "/" + made["id"].(string)
		send := func(method, tag string, body any) rafftest.Response {
			t.Helper()
			return srv.Send(t, method, at, http.Header{"X-Api-Key": {srv.Key}, "If-Match": {tag}, "Content-Type": {"application/json"}}, body)
		}
		tag := func() string {
			t.Helper()
			return srv.Do(t, "GET", at, srv.Key, nil).Want(t, 200).Header.Get("ETag")
		}
		first := tag()
		change := map[string]any{"external_ids": map[string]any{"okta": "1"}}
		if got := send(o.update, first, change).Want(t, 200).Header.Get("ETag"); got == first || got != tag() {
			t.Errorf("%s: the version was %s, the change returns %s, it is %s", o.path, first, got, tag())
		}
		send(o.update, first, map[string]any{"external_ids": map[string]any{"okta": "2"}}).Want(t, 412)
		send("DELETE", first, nil).Want(t, 412)
		send("DELETE", "unquoted", nil).Want(t, 400)
		send("DELETE", tag(), nil).Want(t, 200)
		srv.Do(t, "GET", at, srv.Key, nil).Want(t, 404)
	}
}
