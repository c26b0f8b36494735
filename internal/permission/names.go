package permission

// The permissions that the server itself checks. The other permissions of the catalog are those of the product.
const (
	ProjectsView   = "account.projects.view"
	ProjectsCreate = "account.projects.create"
	ProjectsManage = "account.projects.manage"
	ProjectsDelete = "account.projects.delete"

	MembersView   = "account.members.view"
	MembersInvite = "account.members.invite"
	MembersManage = "account.members.manage"
	MembersRemove = "account.members.remove"

	RolesView   = "account.roles.view"
	RolesCreate = "account.roles.create"
	RolesManage = "account.roles.manage"
	RolesDelete = "account.roles.delete"

	APIKeysView   = "account.apikeys.view"
	APIKeysCreate = "account.apikeys.create"
	APIKeysManage = "account.apikeys.manage"
	APIKeysRevoke = "account.apikeys.revoke"

	SettingsView   = "account.settings.view"
	SettingsManage = "account.settings.manage"
	AuditView      = "account.audit.view"

	DecisionsEvaluate = "account.decisions.evaluate"
	DecisionsExplain  = "account.decisions.explain"

	ProjectMembersView   = "project.members.view"
	ProjectMembersInvite = "project.members.invite"
	ProjectMembersManage = "project.members.manage"
	ProjectMembersRemove = "project.members.remove"
)

var requiredPermissions = []string{
	ProjectsView, ProjectsCreate, ProjectsManage, ProjectsDelete,
	MembersView, MembersInvite, MembersManage, MembersRemove,
	RolesView, RolesCreate, RolesManage, RolesDelete,
	APIKeysView, APIKeysCreate, APIKeysManage, APIKeysRevoke,
	SettingsView, SettingsManage, AuditView,
	ProjectMembersView, ProjectMembersInvite, ProjectMembersManage, ProjectMembersRemove,
}

// builtIn are the permissions of the server that every catalog has. A catalog may list them like any other. In one that
// does not, roles can still grant them, lists of permissions omit them, and everyone who holds impliedBy holds them, too.
var builtIn = []Permission{
	{Name: DecisionsEvaluate, Scope: ScopeAccount, Category: "Decisions", Description: "Ask who may do what"},
	{Name: DecisionsExplain, Scope: ScopeAccount, Category: "Decisions", Description: "See the reasons of decisions"},
}

const impliedBy = MembersManage
