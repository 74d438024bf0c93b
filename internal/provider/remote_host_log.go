package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/EarthScope/terraform-provider-earthscope/internal/placement"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote"
	"github.com/EarthScope/terraform-provider-earthscope/internal/remote/files"
)

// logHost tells how a host was reached. At INFO it is one line a transaction;
// the keys that the hops presented are at DEBUG.
func logHost(ctx context.Context, m *remoteHostModel, op operation, report remote.Report, err error) {
	host := m.Host.ValueString()
	if err != nil {
		tflog.SubsystemWarn(ctx, remoteLog, "the host could not be worked on", map[string]any{
			"host": host, "operation": string(op), "reason": err.Error(),
		})
		return
	}
	tflog.SubsystemInfo(ctx, remoteLog, "reached the host", map[string]any{
		"host": host, "operation": string(op), "address": report.Address, "user": report.User,
		"jump_hosts": max(len(report.HostKeys)-1, 0), "transport": m.Transport.ValueString(), "sftp": report.SFTP,
	})
	for hop, key := range report.HostKeys {
		tflog.SubsystemDebug(ctx, remoteLog, "host key accepted", map[string]any{"host": host, "hop": fmt.Sprint(hop + 1), "key": key.Line})
	}
	for _, note := range report.Notes {
		tflog.SubsystemInfo(ctx, remoteLog, note, map[string]any{"host": host})
	}
}

// logResults tells what became of each file: at INFO what was changed, at DEBUG
// what was left.
func logResults(ctx context.Context, m *remoteHostModel, results []files.Result) {
	for _, result := range results {
		fields := map[string]any{"host": m.Host.ValueString(), "path": result.Path}
		switch result.Outcome {
		case files.Written, files.Deleted:
			tflog.SubsystemInfo(ctx, bootstrapLog, "file "+result.Outcome.String(), fields)
		default:
			tflog.SubsystemDebug(ctx, bootstrapLog, "file "+result.Outcome.String(), fields)
		}
	}
}

// logDrift tells what a refresh found: at INFO what differs and why, at DEBUG
// what is as it should be.
func logDrift(ctx context.Context, m *remoteHostModel, judged map[string]fileModel) {
	for _, at := range slices.Sorted(maps.Keys(judged)) {
		state := judged[at].State.ValueString()
		fields := map[string]any{"host": m.Host.ValueString(), "path": at, "state": state}
		if state == placement.InSync {
			tflog.SubsystemDebug(ctx, bootstrapLog, "file is as it should be", fields)
			continue
		}
		tflog.SubsystemInfo(ctx, bootstrapLog, "file differs", fields)
	}
}
