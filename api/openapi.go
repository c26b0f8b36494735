package api

import _ "embed" // for the description below

// OpenAPI is the description of the API in OpenAPI 3.1, which a server serves at /openapi.yaml.
//
//go:embed openapi.yaml
var OpenAPI []byte
