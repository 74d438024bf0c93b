# shellcheck shell=bash
# What every script here shares; to be sourced. Leaves the caller in the repository's root, with an empty HOME and a
# Terraform configuration file of our own, so that nothing reads or writes the login of the person who runs it.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
cache="$PWD/.cache"
mkdir -p "$cache"

# Go's own folders and settings follow HOME; name them before HOME changes.
GOENV="$(go env GOENV)" GOPATH="$(go env GOPATH)" GOCACHE="$(go env GOCACHE)" GOMODCACHE="$(go env GOMODCACHE)"
export GOENV GOPATH GOCACHE GOMODCACHE

# Settings of the caller's EarthScope login must not decide what a test sees.
for name in $(compgen -e); do
  case "$name" in
    ES_TEST_*) ;;
    ES_* | TF_VAR_* | TF_CLI_ARGS* | TF_DATA_DIR | TF_WORKSPACE | TF_LOG*) unset "$name" ;;
  esac
done
unset name

workspace="$(mktemp -d "$cache/run.XXXXXX")"
trap 'rm -rf "$workspace"' EXIT
HOME="$workspace/home"
mkdir "$HOME"
export HOME

TF_CLI_CONFIG_FILE="$workspace/terraform.rc"
printf 'disable_checkpoint = true\n' >"$TF_CLI_CONFIG_FILE"
export TF_CLI_CONFIG_FILE CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1

# has_part WHAT COMMAND: whether COMMAND is there. If not, says so loudly, and fails where every part is required.
has_part() {
  command -v "$2" >/dev/null 2>&1 && return 0
  if [ "${ES_TEST_REQUIRE_PARTS:-}" = 1 ]; then
    echo "MISSING: $1 needs '$2', and ES_TEST_REQUIRE_PARTS=1 asks for every part" >&2
    exit 1
  fi
  echo "SKIPPED: $1, because '$2' is not installed" >&2
  return 1
}
