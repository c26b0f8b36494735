package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"raff/api"
)

const (
	maxBody       = 32 << 20 // a page of 1000 members is about 1 MiB
	backoffBase   = 250 * time.Millisecond
	backoffMax    = 8 * time.Second
	maxRetryAfter = 2 * time.Minute // a call fails if the server asks to wait longer
)

// request is one call, however many attempts it takes.
type request struct {
	method, path   string
	query          url.Values
	body           any // nil for no body
	idempotencyKey string
	ifMatch        string // "" for any version
	// into reads a long response as it arrives. Once it has begun, the call is not repeated.
	into func(io.Reader) error
}

// fetch performs a call and returns the data of the response.
func fetch[T any](ctx context.Context, c *Client, r request, opts ...CallOption) (*T, error) {
	var e api.Envelope[*T]
	if err := c.send(ctx, r, &e, opts...); err != nil {
		return nil, err
	}
	if !e.Success || e.Data == nil {
		return nil, notRaff(r)
	}
	return e.Data, nil
}

// remove performs a call that returns no object.
func remove(ctx context.Context, c *Client, r request) (*api.Done, error) {
	var d api.Done
	if err := c.send(ctx, r, &d); err != nil {
		return nil, err
	}
	if !d.Success {
		return nil, notRaff(r)
	}
	return &d, nil
}

func notRaff(r request) error {
	return fmt.Errorf("%s %s: %w", r.method, r.path, ErrNotRaff)
}

// send performs a call with retries and decodes the response into out.
func (c *Client) send(ctx context.Context, r request, out any, opts ...CallOption) error {
	for _, o := range opts {
		o(&r)
	}
	if r.method == http.MethodPost && r.idempotencyKey == "" {
		r.idempotencyKey = newIdempotencyKey()
	}
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return fmt.Errorf("encoding the body of %s %s: %w", r.method, r.path, err)
		}
	}
	if c.grace > 0 && r.method != http.MethodGet {
		if err := ctx.Err(); err != nil {
			return err
		}
		var stop context.CancelFunc
		ctx, stop = Finish(ctx, c.grace)
		defer stop()
	}
	started := time.Now()
	for attempt := 0; ; attempt++ {
		err := c.attempt(ctx, r, body, out)
		again := err != nil && retryable(ctx, err)
		down := c.outage.note(again)
		if !again {
			return err
		}
		wait := delay(err, attempt)
		if !c.retries.again(attempt, earlier(started, down), wait) || !sleep(ctx, wait) {
			return err
		}
	}
}

// attempt sends the request once.
func (c *Client) attempt(ctx context.Context, r request, body []byte, out any) error {
	if c.limiter != nil {
		if err := c.limiter.Wait(ctx); err != nil {
			return permanent{fmt.Errorf("waiting for the client's own rate limit: %w", err)}
		}
	}
	target := c.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(body))
	if err != nil {
		return permanent{err}
	}
	if body == nil {
		req.Body, req.GetBody = http.NoBody, nil
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.userAgent)
	if c.projectID != "" {
		req.Header.Set("X-Project-ID", c.projectID)
	}
	if r.idempotencyKey != "" {
		req.Header.Set("Idempotency-Key", r.idempotencyKey)
	}
	if r.ifMatch != "" {
		req.Header.Set("If-Match", r.ifMatch)
	}

	hc := c.http
	if r.into != nil { // a long response may take longer than the timeout of other calls; the context ends it
		long := *c.http
		long.Timeout = 0
		hc = &long
	}
	res, err := hc.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if r.into != nil && res.StatusCode == http.StatusOK {
		if err := r.into(res.Body); err != nil {
			return permanent{err}
		}
		return nil
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	switch {
	case err != nil:
		return fmt.Errorf("reading the answer to %s %s: %w", r.method, r.path, err)
	case len(answer) > maxBody:
		return permanent{fmt.Errorf("the answer to %s %s is larger than %d MiB", r.method, r.path, maxBody>>20)}
	case res.StatusCode < 200 || res.StatusCode > 299:
		return c.refusal(res, answer)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return permanent{fmt.Errorf("%w (status %d, %s)", notRaff(r), res.StatusCode, contentType(res))}
	}
	return nil
}

// refusal returns the Error for an error response, which may not be from the server.
func (c *Client) refusal(res *http.Response, body []byte) *Error {
	e := &Error{StatusCode: res.StatusCode, RetryAfter: retryAfter(res.Header.Get("Retry-After"))}
	if json.Unmarshal(body, &e.Refusal) == nil && e.Refusal.Error != "" && e.Message != "" {
		// The server never repeats a credential, but something in between might.
		if c.key != "" {
			e.Message = strings.ReplaceAll(e.Message, c.key, "[API key]")
		}
		return e
	}
	e.foreign = true
	e.Refusal = Refusal{Error: http.StatusText(res.StatusCode)}
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		e.Message = "The server answers with a redirect, which is not followed because it would carry the API key along. Set the API URL to where it points"
		if to, err := res.Location(); err == nil {
			e.Message += ": " + to.Scheme + "://" + to.Host
		}
		return e
	}
	e.Message = fmt.Sprintf("%s answered %q with %s instead of JSON. Check the API URL, and any proxy in between.",
		res.Request.URL.Host, res.Status, contentType(res))
	return e
}

func contentType(res *http.Response) string {
	if t, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err == nil {
		return t
	}
	return "an unknown content type"
}

// retryAfter parses seconds or a date; it returns zero for anything else.
func retryAfter(s string) time.Duration {
	if n, err := strconv.ParseInt(s, 10, 32); err == nil {
		return time.Duration(max(n, 0)) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(time.Until(t), 0)
	}
	return 0
}

// permanent is an error that retrying cannot fix.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

func retryable(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.StatusCode {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return e.RetryAfter <= maxRetryAfter
		}
		return false
	}
	if _, ok := errors.AsType[permanent](err); ok {
		return false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return false
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return false
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	return !errors.Is(err, http.ErrSchemeMismatch)
}

// delay is the time to wait before the next attempt: a random time (full jitter), so that clients that failed together
// do not retry together, in addition to what the server asked for.
func delay(err error, attempt int) time.Duration {
	d := jitter(min(backoffBase<<attempt, backoffMax))
	if e, ok := errors.AsType[*Error](err); ok && e.RetryAfter > 0 {
		d = e.RetryAfter + jitter(backoffBase+e.RetryAfter/4)
	}
	return d
}

func jitter(most time.Duration) time.Duration {
	return mathrand.N(most) //nolint:gosec // spreads load; not security-relevant
}

// sleep waits for d and reports whether it did; it returns false at once if ctx would end first.
func sleep(ctx context.Context, d time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func newIdempotencyKey() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
