package front

import (
	"context"
	"net/http"
	"time"
)

const (
	// pieceSize is how much is written under one deadline, in bytes.
	pieceSize = 32 << 10
	// pieceTime is how long a client may take for one piece, so that a slow line is served and a dead one is not.
	pieceTime = time.Minute
	// checkEvery is how often the caller's right to the rest is asked for.
	checkEvery = time.Second
)

// Stream writes the body of a long answer in pieces. Each piece has a deadline of its own, whatever the server allows
// for ordinary answers, and renews the deadline of the request; between two pieces check may end the answer.
type Stream struct {
	request *Request
	w       http.ResponseWriter
	control *http.ResponseController
	check   func() error
	checked time.Time
	hungUp  error
}

// NewStream writes to w, for the request of ctx. check is called between two pieces, but at most once a second; its error
// ends the answer and is returned by Write. It may be nil.
func NewStream(ctx context.Context, w http.ResponseWriter, check func() error) *Stream {
	return &Stream{request: Of(ctx), w: w, control: http.NewResponseController(w), check: check, checked: time.Now()}
}

// Write sends b in pieces.
func (s *Stream) Write(b []byte) (n int, err error) {
	for n < len(b) {
		if err := s.due(); err != nil {
			return n, err
		}
		s.request.renew(pieceTime)                                // the client may take that long; the server may not
		_ = s.control.SetWriteDeadline(time.Now().Add(pieceTime)) // a writer without deadlines needs none
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

// HungUp reports that the client is gone: nothing more can be written, and nobody needs to be told.
func (s *Stream) HungUp() bool { return s.hungUp != nil }

func (s *Stream) due() error {
	now := time.Now()
	if s.check == nil || now.Sub(s.checked) < checkEvery {
		return nil
	}
	s.checked = now
	return s.check()
}
