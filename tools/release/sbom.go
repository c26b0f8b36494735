package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

// sboms writes a software bill of materials for each program, in the CycloneDX format: the modules that the linker put into it.
func (r release) sboms(t target, bin string) error {
	for _, p := range programs {
		b, err := r.sbom(filepath.Join(bin, p), p)
		if err != nil {
			return err
		}
		if err := r.writeSBOM(p+"_"+r.number()+"_"+t.String()+".cdx.json", b); err != nil {
			return err
		}
	}
	return nil
}

// sbom reads the modules from a program. It has no serial number, which would differ with each build.
func (r release) sbom(path, name string) (*cyclonedx.BOM, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil, err
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(program)
	main := cyclonedx.Component{
		BOMRef: name, Type: cyclonedx.ComponentTypeApplication, Name: name, Version: r.version,
		Hashes:   &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}},
		Licenses: &cyclonedx.Licenses{{License: &cyclonedx.License{ID: "Apache-2.0"}}},
	}
	components := []cyclonedx.Component{{BOMRef: "go", Type: cyclonedx.ComponentTypeLibrary, Name: "std", Version: info.GoVersion, PackageURL: "pkg:golang/std@" + info.GoVersion[2:]}}
	uses := []string{"go"}
	for _, m := range info.Deps {
		at := m
		if m.Replace != nil {
			at = m.Replace
		}
		if at.Sum == "" { // the SDK, which is part of this repository
			continue
		}
		purl := "pkg:golang/" + at.Path + "@" + at.Version
		components = append(components, cyclonedx.Component{BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: at.Path, Version: at.Version, PackageURL: purl})
		uses = append(uses, purl)
	}
	bom := cyclonedx.NewBOM()
	bom.Metadata = &cyclonedx.Metadata{Timestamp: r.at.Format(time.RFC3339), Component: &main}
	bom.Components = &components
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: name, Dependencies: &uses}}
	return bom, nil
}

func (r release) writeSBOM(name string, bom *cyclonedx.BOM) (err error) {
	f, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return cyclonedx.NewBOMEncoder(f, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
}
