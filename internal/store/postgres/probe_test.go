package postgres

import "testing"

func TestOfficialVersions(t *testing.T) {
	for version, want := range map[string]bool{
		"PostgreSQL 17.2 (Debian 17.2-1.pgdg120+1) on x86_64-pc-linux-gnu, compiled by gcc": true,
		"PostgreSQL 16.4 on aarch64-unknown-linux-gnu, compiled by gcc":                     true,
		"PostgreSQL 18beta1 on x86_64-pc-linux-musl, compiled by gcc":                       true,
		"PostgreSQL 11.2-YB-2.19.0.0-b0 on x86_64-pc-linux-gnu":                             false,
		"PostgreSQL 13.1, compiled by Visual C++ build 1914, 64-bit":                        true,
		"CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023/09/27)":                  false,
		"": false,
	} {
		if official.MatchString(version) != want {
			t.Errorf("%q: %v, want %v", version, !want, want)
		}
	}
}

func TestOldVersionsAreRefused(t *testing.T) {
	for version, refused := range map[string]bool{
		"9.6.24": true, "14.9 (Debian 14.9-1.pgdg120+1)": true, "15.0": false, "17.2 (Debian 17.2-1)": false, "18beta1": false, "": false, "unknown": false,
	} {
		if err := tooOld(version); (err != nil) != refused {
			t.Errorf("%q: %v", version, err)
		}
	}
}
