package client

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"raff/api"
)

// DeleteAccountOptions are the options of OperatedAccountService.Delete.
type DeleteAccountOptions struct {
	// GraceDays is for how many days the account can be resumed, 7 to 365; nil means 30, or as before if it is already being deleted.
	GraceDays *int
}

// Delete makes an account unusable. It can be resumed and exported until its DeleteAt; then all its data is removed.
func (s *OperatedAccountService) Delete(ctx context.Context, id string, o DeleteAccountOptions) (*api.OperatedAccount, error) {
	path, err := pathOf(operatedPath, id)
	if err != nil {
		return nil, err
	}
	q := url.Values{}
	if o.GraceDays != nil {
		q.Set("grace_days", strconv.Itoa(*o.GraceDays))
	}
	return fetch[api.OperatedAccount](ctx, s.c, request{method: http.MethodDelete, path: path, query: q})
}

// ErrIncompleteExport says that an export ended early, or was changed after it was written.
var ErrIncompleteExport = errors.New("the export is incomplete or was changed: export again")

// Export writes all data of an account to w, as lines of JSON; see api.ExportManifest. It verifies what it writes: if the error is
// not nil, what was written is incomplete.
func (s *OperatedAccountService) Export(ctx context.Context, id string, w io.Writer) (*api.ExportManifest, error) {
	return s.c.export(ctx, operatedPath+"/export", id, w)
}

// export copies an export to w and verifies it.
func (c *Client) export(ctx context.Context, pattern, id string, w io.Writer) (*api.ExportManifest, error) {
	path, err := pathOf(pattern, id)
	if err != nil {
		return nil, err
	}
	return c.exportFrom(ctx, path, nil, w)
}

func (c *Client) exportFrom(ctx context.Context, path string, q url.Values, w io.Writer) (m *api.ExportManifest, err error) {
	err = c.send(ctx, request{method: http.MethodGet, path: path, query: q, into: func(r io.Reader) (err error) {
		m, err = VerifyExport(io.TeeReader(r, w))
		return err
	}}, nil)
	return m, err
}

// VerifyExport reads an export of an account or a person and compares it with its manifest, which it returns. An export that is incomplete or was
// changed satisfies ErrIncompleteExport.
func VerifyExport(r io.Reader) (*api.ExportManifest, error) {
	lines := bufio.NewReader(r)
	all, manifest := sha256.New(), []byte(nil)
	for {
		line, err := lines.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && len(line) == 0 && manifest != nil:
			return verifiedManifest(manifest, hex.EncodeToString(all.Sum(nil)))
		case errors.Is(err, io.EOF):
			return nil, ErrIncompleteExport
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrIncompleteExport, err)
		}
		if manifest != nil {
			return nil, ErrIncompleteExport // something follows the manifest
		}
		if bytes.HasPrefix(line, []byte(`{"type":"`+api.ExportedManifest+`",`)) {
			manifest = line
			continue
		}
		all.Write(line)
	}
}

func verifiedManifest(line []byte, sum string) (*api.ExportManifest, error) {
	var record struct{ Data api.ExportManifest }
	if err := json.Unmarshal(line, &record); err != nil || record.Data.Format != api.ExportFormat && record.Data.Format != api.PersonExportFormat {
		return nil, ErrIncompleteExport
	}
	if record.Data.SHA256 != sum {
		return nil, ErrIncompleteExport
	}
	return &record.Data, nil
}
