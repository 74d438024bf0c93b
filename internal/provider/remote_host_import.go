package provider

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
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
	m := remoteHostModel{Host: identity.Host, Port: identity.Port, User: identity.User, Profile: identity.Profile}
	for name, value := range map[string]attr.Value{
		"host": m.Host, "port": m.Port, "user": m.User, "profile": m.Profile, "id": types.StringValue(m.importID()),
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
	if resp.Identity != nil {
		resp.Diagnostics.Append(resp.Identity.Set(ctx, identity)...)
	}
	memory := newMemory()
	memory.Imported = true
	memory.store(ctx, resp.Private, &resp.Diagnostics)
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
