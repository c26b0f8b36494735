package sqlite

import "golang.org/x/sys/unix"

// networks are the kinds of file systems that are on other machines, by the number that the kernel gives them.
var networks = map[int64]string{
	unix.NFS_SUPER_MAGIC: "NFS", unix.SMB_SUPER_MAGIC: "SMB", unix.CIFS_SUPER_MAGIC: "CIFS", unix.SMB2_SUPER_MAGIC: "SMB", unix.CEPH_SUPER_MAGIC: "Ceph",
	unix.AFS_SUPER_MAGIC: "AFS",
}

// diskOf returns the file system of a directory; ok is false if that is unknown.
func diskOf(dir string) (d disk, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return d, false
	}
	return disk{free: s.Bavail * uint64(s.Bsize), network: networks[int64(s.Type)]}, true //nolint:gosec,unconvert // the types differ between processors
}

// writable reports whether this user can write a file, or create files in a directory.
func writable(path string) bool { return unix.Access(path, unix.W_OK) == nil }
