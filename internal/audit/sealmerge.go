package audit

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// The seals of a day are merged into one when the next day's first seal is made, so that a busy account does not keep one for
// each minute. Nothing is lost: the merged seal lists what the hashes of its parts cover, and verification calculates each of
// them again, up to the hash of the last one. Merging seals therefore requires no key.

const day = 24 * time.Hour

// mergeDay merges the seals of the day of the previous seal, if this one is the first of another day.
func mergeDay(ctx context.Context, tx Tx, head LogHead, seal Seal) error {
	before := head.SealedUntil.Truncate(day)
	if head.SealedSeq < 2 || !seal.Until.Truncate(day).After(before) {
		return nil
	}
	return tx.MergeSeals(ctx, head.AccountID, before, head.SealedSeq)
}

// parts returns the seals that were merged, or only the seal itself. Their hashes and Prev, except the first one's, have to be
// calculated. ok is false if the list is not one that MergeSeals made.
func (v Seal) parts() (parts []Seal, ok bool) {
	if v.First == v.Seq && v.Merged == "" {
		return []Seal{v}, true
	}
	next := v
	next.Seq, next.Merged = v.First, ""
	for entry := range strings.SplitSeq(v.Merged, ";") {
		var n [3]int64
		fields := strings.Split(entry, ",")
		if len(fields) != len(n) || next.Seq > v.Seq {
			return []Seal{v}, false
		}
		for i, f := range fields {
			var err error
			if n[i], err = strconv.ParseInt(f, 10, 64); err != nil {
				return []Seal{v}, false
			}
		}
		next.First = next.Seq
		next.Until = time.UnixMicro(micro(next.From) + n[0]).UTC()
		next.Events = int(n[1])
		next.CreatedAt = next.Until.Add(time.Duration(n[2]) * time.Microsecond)
		parts = append(parts, next)
		next.Seq, next.From = next.Seq+1, next.Until
	}
	if next.Seq != v.Seq+1 || !next.From.Equal(v.Until) {
		return []Seal{v}, false
	}
	return parts, true
}
