// Package stream sends answers of any length over HTTP.
package stream

import (
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

// Writer writes the body of a long answer in pieces. Each piece has a deadline of its own, whatever the server allows
// for ordinary answers, and between two pieces Check may end the answer.
type Writer struct {
	w       http.ResponseWriter
	control *http.ResponseController
	check   func() error
	checked time.Time
	hungUp  error
}

// NewWriter writes to w. Check is called between two pieces, but at most once a second; its error ends the answer and is
// returned by Write. It may be nil.
func NewWriter(w http.ResponseWriter, check func() error) *Writer {
	return &Writer{w: w, control: http.NewResponseController(w), check: check, checked: time.Now()}
}

// Write sends b in pieces.
func (s *Writer) Write(b []byte) (n int, err error) {
	for n < len(b) {
		if err := s.due(); err != nil {
			return n, err
		}
		_ = s.control.SetWriteDeadline(time.Now().Add(pieceTime)) // a writer without deadlines needs none
		sent, err := s.w.Write(b[n:min(n+pieceSize, len(b))])
		n += sent
		if err != nil {
			s.hungUp = err
			return n, err
		}
	}
	return n, nil
}

// HungUp reports that the client is gone: nothing more can be written, and nobody needs to be told.
func (s *Writer) HungUp() bool { return s.hungUp != nil }

func (s *Writer) due() error {
	now := time.Now()
	if s.check == nil || now.Sub(s.checked) < checkEvery {
		return nil
	}
	s.checked = now
	return s.check()
}
