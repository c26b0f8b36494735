package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	"raff/api"
)

// UsageOptions select the days of OperatedAccountService.Usage, as dates such as 2030-01-31, including both. Empty means the last 30 days.
type UsageOptions struct{ From, To string }

// Usage returns how much an account was used on each day, oldest first. Days without any use are missing.
func (s *OperatedAccountService) Usage(ctx context.Context, id string, o UsageOptions) ([]api.UsageDay, error) {
	path, err := pathOf(operatedPath+"/usage", id)
	if err != nil {
		return nil, err
	}
	q := url.Values{}
	set(q, "from", o.From)
	set(q, "to", o.To)
	days, err := fetch[[]api.UsageDay](ctx, s.c, request{method: http.MethodGet, path: path, query: q})
	if err != nil {
		return nil, err
	}
	return *days, nil
}

// UsageOn iterates over the accounts that were used on a date such as 2030-01-31, fetching one page at a time. Empty means yesterday.
func (s *OperatedAccountService) UsageOn(ctx context.Context, date string) iter.Seq2[api.UsageDay, error] {
	return all(ListOptions{}, func(lo ListOptions) (*api.Page[api.UsageDay], error) {
		q := lo.query()
		set(q, "date", date)
		return list[api.UsageDay](ctx, s.c, "/operator/v1/usage", q)
	})
}
