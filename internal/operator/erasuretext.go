package operator

import (
	"encoding/json"
	"slices"
	"strings"

	"raff/internal/audit"
	"raff/internal/event"
	"raff/internal/team"
)

// texts returns the slots of the texts of an event that are personal data of the subject: their name and email wherever they are, the
// network addresses and browsers from which they acted, and what the event says about them.
func (s *subject) texts(e *event.Event) (slots []int) {
	acted := s.UserID != "" && e.ActorType == event.User && e.ActorID == s.UserID
	about := s.isTarget(e)
	ids := s.isNamed(e)
	if !s.Until.IsZero() && e.At.After(s.Until) && !acted && !ids && !s.isMember(e) {
		return nil // it has the email of somebody who was invited later
	}
	all := audit.Texts(e)
	for i, text := range all {
		theirs := false
		switch i {
		case audit.SlotActorName:
			theirs = acted
		case audit.SlotTargetName:
			theirs = about
		case audit.SlotAddress, audit.SlotUserAgent:
			theirs = acted || about && (e.IsAnonymous() || e.TargetType == "user" && e.ActorType == event.Operator)
		}
		if text != "" && (theirs || i != audit.SlotAddress && i != audit.SlotUserAgent && s.hasEmail(text)) {
			slots = append(slots, i)
		}
	}
	if len(all) <= audit.SlotDetails {
		return slots
	}
	letIn := e.ActorType == event.Support && (slices.Contains(s.Accounts, e.AccountID) || slices.Contains(s.Accounts, e.TargetID))
	if !acted && !about && !ids && !letIn && len(slots) == 0 {
		return slots
	}
	for i, path := range audit.DetailKeys(e) {
		slot := audit.SlotDetails + i
		if slot >= len(all) || all[slot] == "" || slices.Contains(slots, slot) {
			continue
		}
		mayName := acted || about || ids || len(slots) > 0 || path == "on_behalf_of.granted_by"
		if s.isPersonal(e, path, about, acted, ids) || mayName && slices.Contains(s.Names, all[slot]) {
			slots = append(slots, slot)
		}
	}
	return slots
}

// isPersonal reports whether a field of the details of an event is about the subject.
func (s *subject) isPersonal(e *event.Event, path string, about, acted, named bool) bool {
	switch path {
	case "member_name", "member_email", "proposed_name":
		return about || named
	case "name.from", "name.to", "email.from", "email.to":
		return (acted || about) && e.TargetType == "user"
	case "id":
		return about && (e.Action == event.ActionExternalIDSet || e.Action == event.ActionExternalIDRemoved)
	}
	return false
}

// isTarget reports whether an event is about the subject.
func (s *subject) isTarget(e *event.Event) bool {
	return s.isMember(e) || s.isEmail(e.TargetName)
}

// isMember reports whether an event is about the subject by id, or by somebody who was invited as the subject.
func (s *subject) isMember(e *event.Event) bool {
	return s.UserID != "" && e.TargetID == s.UserID || slices.Contains(s.Members, e.TargetID) || slices.Contains(s.Members, e.ActorID)
}

// isNamed reports whether the details of an event have an id of the subject.
func (s *subject) isNamed(e *event.Event) bool {
	if !strings.Contains(e.Details, `_id"`) {
		return false
	}
	var ids struct {
		UserID        string `json:"user_id"`
		MemberID      string `json:"member_id"`
		OwnerUserID   string `json:"owner_user_id"`
		OwnerMemberID string `json:"owner_member_id"`
	}
	if json.Unmarshal([]byte(e.Details), &ids) != nil {
		return false
	}
	for _, id := range []string{ids.UserID, ids.MemberID, ids.OwnerUserID, ids.OwnerMemberID} {
		if id != "" && (id == s.UserID || slices.Contains(s.Members, id)) {
			return true
		}
	}
	return false
}

func (s *subject) isEmail(text string) bool {
	if !strings.Contains(text, "@") {
		return false
	}
	canonical, err := team.CanonicalEmail(text)
	return err == nil && slices.Contains(s.Emails, canonical)
}

// hasEmail reports whether a text is or contains an email of the subject.
func (s *subject) hasEmail(text string) bool {
	if !strings.Contains(text, "@") {
		return false
	}
	if s.isEmail(text) {
		return true
	}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n<>()[]\"',;:", r) }) {
		if s.isEmail(word) {
			return true
		}
	}
	return false
}
