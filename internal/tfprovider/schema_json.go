package tfprovider

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

type object = map[string]any

// WriteSchema writes the provider's schema in the format of "terraform providers schema -json", from which the
// documentation is generated. It reads the schema from the provider directly, so that it includes features that an
// older Terraform does not support. The provider has its short name.
func WriteSchema(ctx context.Context, w io.Writer, version string) error {
	server := providerserver.NewProtocol6(New(version)())()
	all, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err == nil {
		err = firstError(all.Diagnostics)
	}
	if err != nil {
		return fmt.Errorf("asking the provider for its schema: %w", err)
	}
	ids, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err == nil {
		err = firstError(ids.Diagnostics)
	}
	if err != nil {
		return fmt.Errorf("asking the provider for its identities: %w", err)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(object{"format_version": "1.0", "provider_schemas": object{"raff": object{
		"provider":                   jsonSchema(all.Provider),
		"resource_schemas":           each(all.ResourceSchemas, jsonSchema),
		"data_source_schemas":        each(all.DataSourceSchemas, jsonSchema),
		"ephemeral_resource_schemas": each(all.EphemeralResourceSchemas, jsonSchema),
		"list_resource_schemas":      each(all.ListResourceSchemas, jsonSchema),
		"action_schemas":             each(all.ActionSchemas, func(s *tfprotov6.ActionSchema) object { return jsonSchema(s.Schema) }),
		"functions":                  each(all.Functions, jsonFunction),
		"resource_identity_schemas":  each(ids.IdentitySchemas, jsonIdentity),
	}}})
}

func firstError(diags []*tfprotov6.Diagnostic) error {
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return fmt.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
	return nil
}

func each[T any](in map[string]T, convert func(T) object) object {
	out := object{}
	for name, v := range in {
		out[name] = convert(v)
	}
	return out
}

func jsonSchema(s *tfprotov6.Schema) object {
	return object{"version": s.Version, "block": object{
		"attributes": jsonAttributes(s.Block.Attributes), "description": s.Block.Description, "description_kind": kind(s.Block.DescriptionKind),
	}}
}

func jsonAttributes(attributes []*tfprotov6.SchemaAttribute) object {
	out := object{}
	for _, a := range attributes {
		o := object{
			"description": a.Description, "description_kind": kind(a.DescriptionKind), "required": a.Required, "optional": a.Optional,
			"computed": a.Computed, "sensitive": a.Sensitive, "write_only": a.WriteOnly, "deprecated": a.Deprecated,
		}
		if a.NestedType != nil {
			o["nested_type"] = object{"attributes": jsonAttributes(a.NestedType.Attributes), "nesting_mode": strings.ToLower(a.NestedType.Nesting.String())}
		} else {
			o["type"] = jsonType(a.Type)
		}
		out[a.Name] = o
	}
	return out
}

func jsonIdentity(s *tfprotov6.ResourceIdentitySchema) object {
	out := object{}
	for _, a := range s.IdentityAttributes {
		out[a.Name] = object{"type": jsonType(a.Type), "description": a.Description, "required_for_import": a.RequiredForImport, "optional_for_import": a.OptionalForImport}
	}
	return object{"version": s.Version, "attributes": out}
}

func jsonFunction(f *tfprotov6.Function) object {
	parameters := []object{}
	for _, p := range f.Parameters {
		parameters = append(parameters, jsonParameter(p))
	}
	o := object{"description": f.Description, "summary": f.Summary, "return_type": jsonType(f.Return.Type), "parameters": parameters}
	if f.VariadicParameter != nil {
		o["variadic_parameter"] = jsonParameter(f.VariadicParameter)
	}
	return o
}

func jsonParameter(p *tfprotov6.FunctionParameter) object {
	return object{"name": p.Name, "description": p.Description, "type": jsonType(p.Type), "is_nullable": p.AllowNullValue}
}

func kind(k tfprotov6.StringKind) string { return strings.ToLower(k.String()) }

// jsonType formats a type like Terraform: "string", ["list", "string"], ["object", {…}].
func jsonType(t tftypes.Type) any {
	switch t := t.(type) {
	case tftypes.List:
		return []any{"list", jsonType(t.ElementType)}
	case tftypes.Set:
		return []any{"set", jsonType(t.ElementType)}
	case tftypes.Map:
		return []any{"map", jsonType(t.ElementType)}
	case tftypes.Object:
		attributes := object{}
		for name, a := range t.AttributeTypes {
			attributes[name] = jsonType(a)
		}
		return []any{"object", attributes}
	}
	return strings.ToLower(strings.TrimPrefix(t.String(), "tftypes."))
}
