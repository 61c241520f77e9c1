#!/bin/sh
# Draws docs/images/plan.svg: a plan of the example catalog after a few edits, as a terminal shows it.
set -eu
pxm=$1
here=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -R "$here/catalog" "$dir/catalog"
cd "$dir"
export PXM_SANDBOX_DB="$dir/sandbox.db" PXM_ENV=staging
"$pxm" apply --yes >/dev/null 2>&1

sed -i 's/weight: 2180/weight: 2140/; s/Needs six pegs, likes/Needs seven pegs, likes/' catalog/products/tents.yaml
sed -i 's/collections: \[isfall-2, isfall-3\]/collections: [isfall-2, isfall-3, isfall-2-groundsheet]/' catalog/files.yaml
cat >>catalog/resources.yaml <<'YAML'
  - key: manuals/heron
    description: Heron tarps, six ways to pitch them
    link: https://media.example.com/quernfell/manuals/heron.pdf
    collections: [heron-tarp-3x3, heron-tarp-wing]
YAML
"$pxm" sandbox edit collection/portage-70 name "Portage 70 Litre"
FORCE_COLOR=1 COLUMNS=100 "$pxm" plan >plan.txt
python="$(dirname "$pxm")/python"
(cd "$here" && "$python" -m tests.reports.svg "$dir/plan.txt" docs/images/plan.svg)
cat plan.txt
