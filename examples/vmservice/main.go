// Command vmservice is a small platform: virtual machines in projects. It does not store who may do what. It verifies
// the credential of each request with raff, and requests a decision before each operation.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"raff/api"
	"raff/api/client"
	"raff/api/client/authz"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "`address` to listen on")
	flag.Parse()
	c, err := client.New(os.Getenv("RAFF_API_URL"), os.Getenv("RAFF_API_KEY"))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: *listen, Handler: newService(c), ReadHeaderTimeout: 10 * time.Second}
	log.Printf("vmservice listens on http://%s", *listen)
	log.Fatal(server.ListenAndServe())
}

// service has the virtual machines of all projects, in memory.
type service struct {
	raff *client.Client
	mu   sync.Mutex
	vms  map[string][]string // names by project
}

func newService(c *client.Client) http.Handler {
	s := &service{raff: c, vms: map[string][]string{}}
	guard := authz.New(c, s.subject)
	mux := http.NewServeMux()
	protect := func(pattern, permission string, h http.HandlerFunc) {
		mux.Handle(pattern, guard.Protect(permission, authz.Project("project"))(h))
	}
	protect("GET /projects/{project}/vms", "vm.view", s.list)
	protect("POST /projects/{project}/vms", "vm.create", s.create)
	protect("DELETE /projects/{project}/vms/{name}", "vm.delete", s.remove)
	return mux
}

// subject verifies the credential of a request, a raff API key or the token of a dashboard session, and returns its
// owner.
func (s *service) subject(r *http.Request) (api.Subject, error) {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return api.Subject{}, authz.ErrNobody
	}
	v, err := s.verify(r.Context(), secret)
	if err != nil {
		return api.Subject{}, fmt.Errorf("verify the credential: %w", err)
	}
	if !v.Valid {
		return api.Subject{}, authz.ErrNobody
	}
	return api.Subject{Type: v.Principal.Type, ID: v.Principal.ID}, nil
}

func (s *service) verify(ctx context.Context, secret string) (*api.Verification, error) {
	if strings.HasPrefix(secret, "raff_") {
		return s.raff.Decisions.VerifyKey(ctx, api.VerifyKeyRequest{Key: &secret})
	}
	return s.raff.Decisions.VerifySession(ctx, api.VerifySessionRequest{Token: &secret})
}

func (s *service) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, http.StatusOK, s.vms[r.PathValue("project")])
}

func (s *service) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name string `json:"name"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&in); err != nil || in.Name == "" {
		http.Error(w, `Send {"name": "…"}.`, http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	project := r.PathValue("project")
	s.vms[project] = append(s.vms[project], in.Name)
	answer(w, http.StatusCreated, in)
}

func (s *service) remove(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	project, name := r.PathValue("project"), r.PathValue("name")
	for i, vm := range s.vms[project] {
		if vm == name {
			s.vms[project] = append(s.vms[project][:i:i], s.vms[project][i+1:]...)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	http.Error(w, "There is no such VM.", http.StatusNotFound)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil && !errors.Is(err, http.ErrHandlerTimeout) {
		log.Print(err) // the client has disconnected
	}
}
