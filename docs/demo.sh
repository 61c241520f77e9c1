#!/bin/sh
# The whole story on a PXM of your own: plan, apply, plan again, an edit by somebody else, plan.
set -eu
pxm=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PXM_SANDBOX_DB="$dir/sandbox.db" PXM_ENV=staging

say() { printf '\n$ pxm %s\n' "$*"; }

say plan
"$pxm" plan | tail -n 12
say apply --yes
"$pxm" apply --yes | tail -n 3
say plan
"$pxm" plan
printf '\nSomebody renames a product in the web interface …\n'
"$pxm" sandbox edit collection/nunatak-dome-4 name "Nunatak Dome Four"
say plan
"$pxm" plan
