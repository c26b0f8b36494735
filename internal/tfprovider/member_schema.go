package tfprovider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"raff/api"
)

func (r *memberResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	stays := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, PlanModifiers: stays, MarkdownDescription: description}
	}
	where := "in the account"
	if r.inProject {
		where = "in the project"
	}
	attributes := map[string]schema.Attribute{
		"email": schema.StringAttribute{
			Optional:      true,
			PlanModifiers: []planmodifier.String{atPlan(emailValidator{})},
			MarkdownDescription: "Email to invite. The member is pending until the person accepts, and the plan stays empty when they do. " +
				"Not case-sensitive.",
		},
		"target_user_id": schema.StringAttribute{
			Optional:            true,
			PlanModifiers:       []planmodifier.String{atPlan(isUUID())},
			MarkdownDescription: "ID of a user who is or was in the account. They become a member immediately, without an invitation.",
		},
		"api_key_id": schema.StringAttribute{
			Optional:            true,
			PlanModifiers:       []planmodifier.String{atPlan(isUUID())},
			MarkdownDescription: "ID of an API key of the account, to assign it a role " + where + ".",
		},
		"role_id": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			PlanModifiers:       append([]planmodifier.String{atPlan(isUUID())}, stays...),
			MarkdownDescription: "ID of a role of the " + r.roleScope() + " scope. Can be changed in place, even while the invitation is open. Conflicts with `role`.",
		},
		"role": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{isSlug()},
			MarkdownDescription: "Slug of a role of the " + r.roleScope() + " scope, such as `" + r.exampleRole() + "`, instead of `role_id`. A slug never changes, so renaming the role has no effect here. " +
				"The role can be created by the same apply: `role = raff_role.auditor.slug`.",
		},
		"status": schema.StringAttribute{
			Optional:      true,
			Computed:      true,
			PlanModifiers: stays,
			Validators:    []validator.String{stringvalidator.OneOf(api.StatusActive, api.StatusSuspended, api.StatusPending)},
			MarkdownDescription: "`active`, `suspended` or `pending`. `active` also accepts a member who is still pending, and reverts a suspension made elsewhere. " +
				"`suspended` puts an open invitation on hold: its link is refused. If omitted, the status is not managed; `pending` means the same and is used in generated configurations.",
		},
		"on_expired": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{stringvalidator.OneOf(expiredResend, expiredWarn, expiredIgnore)},
			MarkdownDescription: "What to do about an expired invitation: `resend` (default) plans an update that sends a new link for the same member, " +
				"`warn` adds a warning to every plan, `ignore` does nothing.",
		},
		"on_declined": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{stringvalidator.OneOf(declinedWarn, declinedResend, declinedRemove)},
			MarkdownDescription: "What to do about a declined invitation: `warn` (default) adds a warning to every plan, `resend` plans an update that invites the person again, " +
				"`remove` plans an update that removes the declined invitation. After `remove`, the resource stays in the state and the person is not invited again; replace the resource to invite them again.",
		},
		"on_destroy": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{stringvalidator.OneOf(destroyRemove, destroySuspend, destroyDowngrade, destroyAbandon)},
			MarkdownDescription: "What destroying the resource does to the member: `remove` (default) removes them from " + where[len("in "):] + ", `suspend` suspends them, `downgrade` assigns the role in `downgrade_role`, " +
				"`abandon` changes nothing. The member stays " + where + " with all values except `remove`. The value must be applied before the resource is destroyed.",
		},
		"downgrade_role": schema.StringAttribute{
			Optional:            true,
			Validators:          []validator.String{isSlug()},
			MarkdownDescription: "Slug of the " + r.roleScope() + " role that `on_destroy = \"downgrade\"` assigns, such as `" + r.exampleRole() + "`.",
		},
		"adopt_existing": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Whether to adopt an existing member instead of failing when this resource is created: the member gets the configured role and status. " +
				"Default: `false`.",
		},
		"id":                    computed("ID of the membership, which never changes."),
		"role_name":             computed("Name of the role."),
		"principal_email":       computed("Email of the member as stored by the server. An API key has the placeholder `<api_key_id>@api-key.invalid`."),
		"user_id":               computed("ID of the user; null while the invitation is open, and for API keys."),
		"invitation_id":         computed("ID of the invitation that is open, expired or declined."),
		"invitation_state":      computed("State of the invitation: `none`, `queued`, `sent`, `failed`, `expired` or `declined`."),
		"invitation_expires_at": computed("When the invitation expires or expired."),
		"managed_by":            computed("Who manages the membership: `api`, `dashboard`, `scim` or `sso`."),
		"invited_at":            computed("When the person was invited; null for members who were added without an invitation."),
		"accepted_at":           computed("When the invitation was accepted."),
		"created_at":            computed("When the membership was created."),
		"account_id":            accountAttribute(),
		"external_ids":          externalIDsAttribute("member"),
	}
	resp.Schema = schema.Schema{
		Version:             stateVersion,
		MarkdownDescription: "A member of the account: someone invited by email, a user, or an API key, with one account role.\n\n" + lifeOfAMember,
		Attributes:          attributes,
	}
	if !r.inProject {
		return
	}
	resp.Schema.MarkdownDescription = "A member of a project: someone invited by email, a user, or an API key, with one project role. " +
		"Someone who is already in the account becomes a project member immediately; someone who is still pending there gets the project role with the same acceptance.\n\n" +
		lifeOfAMember + " Removing a project member keeps the account membership; removing someone from the account removes them from all projects."
	attributes["project_id"] = schema.StringAttribute{
		Required:            true,
		PlanModifiers:       []planmodifier.String{atPlan(isUUID()), stringplanmodifier.RequiresReplace()},
		MarkdownDescription: "ID of the project. Changing it replaces the member.",
	}
	attributes["id"] = computed("`<project_id>/<member_id>`, which never changes.")
	attributes["member_id"] = computed("ID of the project membership, which never changes. It differs from the ID of the account membership.")
}

const lifeOfAMember = "The `id` never changes: not when the invitation is accepted, not when the role or the status changes, and not when an expired invitation is resent. " +
	"Set exactly one of `email`, `target_user_id` and `api_key_id`. Identifying the same person or API key by another argument changes nothing; a different person or key replaces the member."

func (r *memberResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.ExactlyOneOf(path.MatchRoot("email"), path.MatchRoot("target_user_id"), path.MatchRoot("api_key_id")),
		resourcevalidator.ExactlyOneOf(path.MatchRoot("role_id"), path.MatchRoot("role")),
		destroyValidator{r},
	}
}
