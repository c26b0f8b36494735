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
			MarkdownDescription: "Address to invite. The member is pending until the person accepts, and the plan stays empty when they do. " +
				"Upper and lower case do not matter.",
		},
		"target_user_id": schema.StringAttribute{
			Optional:            true,
			PlanModifiers:       []planmodifier.String{atPlan(isUUID())},
			MarkdownDescription: "Id of a user who is or was in the account. They are a member at once, without an invitation.",
		},
		"api_key_id": schema.StringAttribute{
			Optional:            true,
			PlanModifiers:       []planmodifier.String{atPlan(isUUID())},
			MarkdownDescription: "Id of an API key of the account, to give it a role " + where + ".",
		},
		"role_id": schema.StringAttribute{
			Optional:            true,
			Computed:            true,
			PlanModifiers:       append([]planmodifier.String{atPlan(isUUID())}, stays...),
			MarkdownDescription: "Id of a role of the " + r.roleScope() + " scope. Changing it changes the role in place, also while the invitation is open. Give this or `role`.",
		},
		"role": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{isSlug()},
			MarkdownDescription: "Slug of a role of the " + r.roleScope() + " scope, such as `" + r.exampleRole() + "`, instead of `role_id`. A slug never changes, so renaming the role changes nothing here. " +
				"The role may be one that the same apply creates: `role = raff_role.auditor.slug`.",
		},
		"status": schema.StringAttribute{
			Optional:      true,
			Computed:      true,
			PlanModifiers: stays,
			Validators:    []validator.String{stringvalidator.OneOf(api.StatusActive, api.StatusSuspended, api.StatusPending)},
			MarkdownDescription: "`active`, `suspended` or `pending`. `active` is satisfied by a member who has not accepted yet, and undoes a suspension made elsewhere. " +
				"`suspended` on an open invitation holds it: its link is refused. Left out, the status is whatever it is on the server and is never changed; `pending` means the same and is what a generated configuration says.",
		},
		"on_expired": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{stringvalidator.OneOf(expiredResend, expiredWarn, expiredIgnore)},
			MarkdownDescription: "What to do about an invitation that ran out: `resend` (the default) plans an update that sends a new link for the same member, " +
				"`warn` says so at every plan, `ignore` says nothing.",
		},
		"on_declined": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{stringvalidator.OneOf(declinedWarn, declinedResend, declinedRemove)},
			MarkdownDescription: "What to do about an invitation that was declined: `warn` (the default) says so at every plan, `resend` plans an update that invites the person again, " +
				"`remove` plans an update that takes the declined invitation off the list. After `remove` the resource stays in the state and nobody is invited again; replace it to invite again.",
		},
		"on_destroy": schema.StringAttribute{
			Optional:   true,
			Validators: []validator.String{stringvalidator.OneOf(destroyRemove, destroySuspend, destroyDowngrade, destroyAbandon)},
			MarkdownDescription: "What destroying the resource does to the member: `remove` (the default) removes them from " + where[len("in "):] + ", `suspend` suspends them, `downgrade` gives them the role in `downgrade_role`, " +
				"`abandon` leaves them as they are. The member stays " + where + " with all but `remove`. It has to be applied before the resource is destroyed.",
		},
		"downgrade_role": schema.StringAttribute{
			Optional:            true,
			Validators:          []validator.String{isSlug()},
			MarkdownDescription: "Slug of the " + r.roleScope() + " role that `on_destroy = \"downgrade\"` leaves the member with, such as `" + r.exampleRole() + "`.",
		},
		"adopt_existing": schema.BoolAttribute{
			Optional: true,
			MarkdownDescription: "Take over an existing member, instead of failing when this resource is created: the role and the status of the configuration are set on it. " +
				"Default: `false`.",
		},
		"id":                    computed("Id of the membership, for life."),
		"role_name":             computed("Name of the role."),
		"principal_email":       computed("Address of the member as the server knows it. An API key has `<api_key_id>@api-key.invalid`."),
		"user_id":               computed("Id of the user; null while the invitation is open, and for API keys."),
		"invitation_id":         computed("Id of the invitation that is open, expired or declined."),
		"invitation_state":      computed("How far the invitation is: `none`, `queued`, `sent`, `failed`, `expired` or `declined`."),
		"invitation_expires_at": computed("When the invitation runs out or ran out."),
		"managed_by":            computed("Who manages the membership: `api`, `dashboard`, `scim` or `sso`."),
		"invited_at":            computed("When the person was invited; null for who was added at once."),
		"accepted_at":           computed("When the invitation was accepted."),
		"created_at":            computed("When the membership was made."),
		"account_id":            accountAttribute(),
	}
	resp.Schema = schema.Schema{
		Version:             stateVersion,
		MarkdownDescription: "A member of the account: somebody invited by email, a user, or an API key, with one account role.\n\n" + lifeOfAMember,
		Attributes:          attributes,
	}
	if !r.inProject {
		return
	}
	resp.Schema.MarkdownDescription = "A member of a project: somebody invited by email, a user, or an API key, with one project role. " +
		"Somebody who is in the account already is a project member at once; somebody who is still pending there gets the role in the project with the same acceptance.\n\n" +
		lifeOfAMember + " Removing a project member leaves the member of the account as it is; removing somebody from the account removes them from all projects."
	attributes["project_id"] = schema.StringAttribute{
		Required:            true,
		PlanModifiers:       []planmodifier.String{atPlan(isUUID()), stringplanmodifier.RequiresReplace()},
		MarkdownDescription: "Id of the project. Changing it replaces the member.",
	}
	attributes["id"] = computed("`<project_id>/<member_id>`, for life.")
	attributes["member_id"] = computed("Id of the membership in the project, for life. It is not that of the membership in the account.")
}

const lifeOfAMember = "The `id` never changes: not when the invitation is accepted, nor when the role or the status changes, nor when an expired invitation is sent again. " +
	"Give exactly one of `email`, `target_user_id` and `api_key_id`. Naming the same person or key another way changes nothing; naming another one replaces the member."

func (r *memberResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		resourcevalidator.ExactlyOneOf(path.MatchRoot("email"), path.MatchRoot("target_user_id"), path.MatchRoot("api_key_id")),
		resourcevalidator.ExactlyOneOf(path.MatchRoot("role_id"), path.MatchRoot("role")),
		destroyValidator{r},
	}
}
