#!/usr/bin/env bash
# Writes the public surface of a project anew: bash tests/public-api.sh src/DChat.Libp2p
# For when the build says RS0016 or RS0017 and the change is meant. What was shipped stays where it is; look at the diff.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
project=${1:?which project, such as src/DChat.Libp2p}
unshipped=$project/PublicAPI.Unshipped.txt
[[ -f $unshipped ]] || { echo "$project keeps no public surface: $unshipped is missing." >&2; exit 1; }
dotnet restore "$project" --verbosity quiet
printf '#nullable enable\n' > "$unshipped"
dotnet format analyzers "$project" --no-restore --diagnostics RS0016 --severity warn --include-generated
{ echo '#nullable enable'; grep -v '^#nullable enable' "$unshipped" | tr -d '\r' | sed '/^$/d' | LC_ALL=C sort -u; } > "$unshipped.new"
mv "$unshipped.new" "$unshipped"
echo "$(($(wc -l < "$unshipped") - 1)) members in $unshipped"
