package provider

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ImportState implements resource.ResourceWithImportState, by id or identity.
// Nothing that stands on the host is taken over: everything then shows as
// added.
func (r *remoteHostResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var identity remoteHostIdentity
	if req.ID == "" && req.Identity != nil {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
	} else {
		parsed, err := parseImportID(req.ID)
		if err != nil {
			resp.Diagnostics.AddError("Invalid Import ID", fmt.Sprintf("%v. Write [user@]host[:port][#profile], for example ubuntu@node1.example.org:2222#stage.", err))
			return
		}
		identity = parsed
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if identity.Profile.IsNull() {
		identity.Profile = types.StringValue(usualProfile)
	}
	m := nullHost()
	m.Host, m.Port, m.User, m.Profile = identity.Host, identity.Port, identity.User, identity.Profile
	m.ID = types.StringValue(m.importID())
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
	}
	hostMemory{Imported: true}.store(ctx, resp.Private, &resp.Diagnostics)
}

// nullHost is a resource of which nothing is known.
func nullHost() remoteHostModel {
	attributes := remoteHostReachAttributes()
	files := remoteHostFileAttributes()
	m := remoteHostModel{
		Transport: types.StringValue("native"), Credential: types.StringValue("refresh_token"), OnUnreachable: types.StringValue(unreachableError),
		TrustOnFirstUse: types.BoolValue(false), AllowSharedSession: types.BoolValue(false), Adopt: types.BoolValue(false),
		KnownHostKeys: types.ListNull(types.StringType), Files: types.MapNull(fileModelType()), Settings: types.MapNull(types.StringType),
	}
	m.ProxyJump = types.ListNull(attributes["proxy_jump"].GetType().(types.ListType).ElemType)                        //nolint:forcetypeassert // our own schema
	m.Become = types.ObjectNull(attributes["become"].GetType().(types.ObjectType).AttrTypes)                          //nolint:forcetypeassert // our own schema
	m.TokensFile = types.ObjectNull(files["tokens_file"].GetType().(types.ObjectType).AttrTypes)                      //nolint:forcetypeassert // our own schema
	m.ConfigFile = types.ObjectNull(files["config_file"].GetType().(types.ObjectType).AttrTypes)                      //nolint:forcetypeassert // our own schema
	m.EnvironmentFiles = types.MapNull(files["environment_files"].GetType().(types.MapType).ElemType)                 //nolint:forcetypeassert // our own schema
	m.ComposeFiles = types.MapNull(files["compose_files"].GetType().(types.MapType).ElemType)                         //nolint:forcetypeassert // our own schema
	m.Timeouts = types.ObjectNull(remoteHostBehaviourAttributes()["timeouts"].GetType().(types.ObjectType).AttrTypes) //nolint:forcetypeassert // our own schema
	return m
}

func parseImportID(id string) (remoteHostIdentity, error) {
	var identity remoteHostIdentity
	rest := id
	if before, profile, found := strings.Cut(rest, "#"); found {
		if profile == "" {
			return identity, fmt.Errorf("the profile after # is empty")
		}
		rest, identity.Profile = before, types.StringValue(profile)
	}
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		if i == 0 {
			return identity, fmt.Errorf("the user before @ is empty")
		}
		identity.User, rest = types.StringValue(rest[:i]), rest[i+1:]
	}
	host, port := rest, ""
	switch {
	case strings.HasPrefix(rest, "["):
		inner, after, closed := strings.Cut(rest[1:], "]")
		if !closed || after != "" && !strings.HasPrefix(after, ":") {
			return identity, fmt.Errorf("the bracket around the address is not closed")
		}
		host, port = inner, strings.TrimPrefix(after, ":")
		if after == ":" {
			return identity, fmt.Errorf("the port is empty")
		}
	case strings.Count(rest, ":") == 1:
		host, port, _ = strings.Cut(rest, ":")
		if port == "" {
			return identity, fmt.Errorf("the port is empty")
		}
	}
	if host == "" {
		return identity, fmt.Errorf("there is no host")
	}
	identity.Host = types.StringValue(host)
	if port != "" {
		number, err := strconv.ParseInt(port, 10, 64)
		if err != nil || number < 1 || number > 65535 {
			return identity, fmt.Errorf("%q is no port", port)
		}
		identity.Port = types.Int64Value(number)
	}
	return identity, nil
}
