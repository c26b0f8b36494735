package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// load sends requests over a fixed number of persistent connections, one at a time on each, and checks every response.
// It implements only as much HTTP as it needs, so that its own cost, which lowers both rates, is small.
type load struct {
	addr        string
	connections int
	span        time.Duration
	status      int
	body        []byte // of every response; nil: any
	next        func() question
}

// question is a request, and a text that its response must contain.
type question struct{ request, want []byte }

// always sends the same request.
func always(request string) func() question { return expecting(request, nil) }

// expecting sends the same request, and checks that the response has these bytes.
func expecting(request string, want []byte) func() question {
	q := question{request: []byte(request), want: want}
	return func() question { return q }
}

// run returns the number of responses per second. A wrong response is an error.
func (l load) run(ctx context.Context) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.span+10*time.Second)
	defer cancel()
	var answered atomic.Int64
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	begin := time.Now()
	until := begin.Add(l.span)
	err := measured(ctx, l.addr, func() (int64, error) {
		for range l.connections {
			wg.Go(func() {
				if err := l.connection(ctx, until, &answered); err != nil {
					once.Do(func() { first = err })
				}
			})
		}
		wg.Wait()
		return answered.Load(), first
	})
	return float64(answered.Load()) / time.Since(begin).Seconds(), err
}

func (l load) connection(ctx context.Context, until time.Time, answered *atomic.Int64) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", l.addr)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 1<<16)
	buf := make([]byte, 1<<20)
	for time.Now().Before(until) {
		q := l.next()
		if _, err := c.Write(q.request); err != nil {
			return fmt.Errorf("send: %w", err)
		}
		status, body, err := answer(r, buf)
		if err != nil {
			return fmt.Errorf("read the response: %w", err)
		}
		if status != l.status || l.body != nil && !bytes.Equal(body, l.body) || !bytes.Contains(body, q.want) {
			return fmt.Errorf("wrong response: %d %.500s", status, body)
		}
		answered.Add(1)
	}
	return nil
}

// answer reads one response, which must have a Content-Length or be chunked.
func answer(r *bufio.Reader, buf []byte) (status int, body []byte, err error) {
	length, chunked := -1, false
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case first:
			if len(line) < 12 {
				return 0, nil, fmt.Errorf("status line %q", line)
			}
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, nil, err
			}
		case len(line) == 0 && chunked:
			body, err := io.ReadAll(httputil.NewChunkedReader(r))
			if err == nil {
				_, err = r.ReadSlice('\n') // the end of the trailer
			}
			return status, body, err
		case len(line) == 0:
			if length < 0 || length > len(buf) {
				return 0, nil, fmt.Errorf("content length %d", length)
			}
			_, err := io.ReadFull(r, buf[:length])
			return status, buf[:length], err
		case bytes.EqualFold(line, []byte("transfer-encoding: chunked")):
			chunked = true
		case len(line) > 15 && bytes.EqualFold(line[:15], []byte("content-length:")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[15:]))); err != nil {
				return 0, nil, err
			}
		}
	}
}
