package httpapi

import (
	"context"

	"raff/api"
)

func (s *server) transferOwnership(ctx context.Context, c *call) (any, error) {
	var b api.TransferOwnershipRequest
	if err := c.decode(&b); err != nil {
		return nil, err
	}
	if b.MemberID == nil {
		return nil, invalid("member_id", "required", "member_id is required: the member who becomes the Owner.")
	}
	id, err := uuidOf("member_id", b.MemberID)
	if err != nil {
		return nil, err
	}
	m, err := s.svc.TransferOwnership(ctx, c.who, id)
	return one(s.member(&m)), err
}
