package front

import (
	"context"
	"net/http"
	"time"
)

const (
	// pieceSize is how many bytes are written under one deadline.
	pieceSize = 32 << 10
	// pieceTime is how long a client may take to receive one piece: enough for a slow connection, but not for a dead one.
	pieceTime = time.Minute
	// checkEvery is the minimum time between two calls of check.
	checkEvery = time.Second
)

// Stream writes the body of a long response in pieces. Each piece has its own write deadline, regardless of the server's
// write timeout, and renews the deadline of the request. Between pieces, check can end the response.
type Stream struct {
	request *Request
	w       http.ResponseWriter
	control *http.ResponseController
	check   func() error
	checked time.Time
	hungUp  error
}

// NewStream returns a Stream that writes to w for the request of ctx. check is called between pieces, at most once a
// second; its error ends the response and is returned by Write. check may be nil.
func NewStream(ctx context.Context, w http.ResponseWriter, check func() error) *Stream {
	return &Stream{request: Of(ctx), w: w, control: http.NewResponseController(w), check: check, checked: time.Now()}
}

// Write writes b in pieces.
func (s *Stream) Write(b []byte) (n int, err error) {
	for n < len(b) {
		if err := s.due(); err != nil {
			return n, err
		}
		s.request.renew(pieceTime)                                // time of the client, not of the server
		_ = s.control.SetWriteDeadline(time.Now().Add(pieceTime)) // not all writers have deadlines
		sent, err := s.w.Write(b[n:min(n+pieceSize, len(b))])
		s.request.renew(0)
		n += sent
		if err != nil {
			s.hungUp = err
			return n, err
		}
	}
	return n, nil
}

// HungUp reports whether the client has disconnected, so that no response is possible.
func (s *Stream) HungUp() bool { return s.hungUp != nil }

func (s *Stream) due() error {
	now := time.Now()
	if s.check == nil || now.Sub(s.checked) < checkEvery {
		return nil
	}
	s.checked = now
	return s.check()
}
