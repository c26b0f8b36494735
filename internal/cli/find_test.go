package cli

import "testing"

func TestArgumentsAreIDsInEitherCase(t *testing.T) {
	const id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
	for said, want := range map[string]string{
		id: id, "0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B": id, // a name:
		"deploy": "", "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b": "", "urn:uuid:" + id: "", "": "",
	} {
		if got := idIn(said); got != want {
			t.Errorf("idIn(%q) = %q, want %q", said, got, want)
		}
	}
}
