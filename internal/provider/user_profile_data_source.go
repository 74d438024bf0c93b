package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/EarthScope/terraform-provider-earthscope/internal/api"
)

var _ datasource.DataSourceWithConfigure = (*userProfileDataSource)(nil)

// userProfileDataSource is data.earthscope_user_profile.
type userProfileDataSource struct{ client *client }

func newUserProfileDataSource() datasource.DataSource { return &userProfileDataSource{} }

type userProfileModel struct {
	FirstName    types.String `tfsdk:"first_name"`
	LastName     types.String `tfsdk:"last_name"`
	CountryCode  types.String `tfsdk:"country_code"`
	RegionCode   types.String `tfsdk:"region_code"`
	Institution  types.String `tfsdk:"institution"`
	WorkSector   types.String `tfsdk:"work_sector"`
	UserID       types.String `tfsdk:"user_id"`
	PrimaryEmail types.String `tfsdk:"primary_email"`
	CreatedAt    types.String `tfsdk:"created_at"`
	UpdatedAt    types.String `tfsdk:"updated_at"`
}

// Metadata implements datasource.DataSource.
func (d *userProfileDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user_profile"
}

// Schema implements datasource.DataSource.
func (d *userProfileDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	computed := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "What EarthScope knows about the user whose login the provider has, as `es user get-profile` prints it. " +
			"It holds no secret, but it is personal data, and it will be in the state. A machine's login (`client_secret`) has no profile. " +
			"Where only the user id is needed, `data.earthscope_identity` gives it without asking the API.",
		Attributes: map[string]schema.Attribute{
			"first_name":   computed("First name."),
			"last_name":    computed("Last name."),
			"country_code": computed("Country, as a code of two letters such as `US`."),
			"region_code":  computed("State or region within the country, such as `CO`; null where the country has none."),
			"institution":  computed("Institution that the user named."),
			"work_sector":  computed("Sector that the user named, such as `academic`."),
			"user_id":      computed("EarthScope's id of the user, the same as the subject of their access tokens. EarthScope's support asks for it."),
			"primary_email": computed("Address that the account belongs to. To keep it out of the output of a run, wrap it in `sensitive()`; " +
				"in state it stays readable."),
			"created_at": computed("When the account was created, in ISO 8601."),
			"updated_at": computed("When the profile was last changed, in ISO 8601."),
		},
	}
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *userProfileDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.client = clientOf(req.ProviderData, &resp.Diagnostics)
}

// Read implements datasource.DataSource.
func (d *userProfileDataSource) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if names := d.client.unknownForAPI(ctx, ""); len(names) > 0 {
		resp.Diagnostics.Append(unknownError(names))
		return
	}
	var found api.Profile
	ctx, ok := d.client.askAPI(ctx, request{}, &resp.Diagnostics, func(ctx context.Context, client *api.Client) (err error) {
		found, err = client.UserProfile(ctx)
		return err
	})
	if !ok {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &userProfileModel{
		FirstName: types.StringValue(found.FirstName), LastName: types.StringValue(found.LastName),
		CountryCode: types.StringValue(found.CountryCode), RegionCode: types.StringPointerValue(found.RegionCode),
		Institution: types.StringValue(found.Institution), WorkSector: types.StringValue(found.WorkSector),
		UserID: types.StringValue(found.UserID), PrimaryEmail: types.StringValue(found.PrimaryEmail),
		CreatedAt: types.StringValue(found.CreatedAt), UpdatedAt: types.StringValue(found.UpdatedAt),
	})...)
}
