#!/usr/bin/env bash
# Compiles what a silo and the command line run to machine code, in place, as a release is published. Tests start well over a hundred
# processes, and half of what each start costs is the compiler. Of use where everything is tested; the next build puts its own files back.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
compiled=artifacts/ahead

# What is big and what hardly any test runs stays as it is.
programs=(artifacts/bin/DChat.Silo/debug artifacts/bin/DChat.Cli/debug)
left=(Apache.Arrow Azure.Identity Humanizer Microsoft.CodeAnalysis Microsoft.Identity Newtonsoft.Json OpenTelemetry.Exporter.OpenTelemetryProtocol
    Orleans.CodeGenerator Orleans.Dashboard Polly StackExchange.Redis System.Composition)

fail() {
    printf 'tests/ahead.sh: %s\n' "$*" >&2
    exit 1
}

# DChat.EndToEnd.Tests has the compiler restored, in the version of the runtime, where CI is set.
find_compiler() {
    local packages runtime
    packages=$(dotnet nuget locals global-packages --list)
    packages=${packages#global-packages: }
    runtime=$(dotnet --list-runtimes | awk '$1 == "Microsoft.NETCore.App" && $2 ~ /^10\./ { version = $2; folder = substr($3, 2, length($3) - 2) } END { print folder "/" version }')
    [[ -d $runtime ]] || fail "the .NET 10 runtime is not where dotnet --list-runtimes says"
    references=("$runtime" "${runtime/Microsoft.NETCore.App/Microsoft.AspNetCore.App}")
    case $(uname -sm) in
        'Linux x86_64') target=x64 ;;
        'Linux aarch64') target=arm64 ;;
        *) fail "works on Linux only" ;;
    esac
    compiler=$(printf '%s\n' "${packages%/}/microsoft.netcore.app.crossgen2.linux-$target"/10.*/tools/crossgen2 | sort -V | tail -n 1)
    [[ -f $compiler ]] || fail "the compiler is missing; run: CI=true dotnet restore tests/DChat.EndToEnd.Tests"
    chmod +x "$compiler"
}

# Prints hash and path of every library of the programs that is to be compiled.
list() {
    local program path name skip
    for program in "${programs[@]}"; do
        for path in "$program"/*.dll; do
            name=${path##*/}
            for skip in "${left[@]}"; do
                [[ $name != "$skip"* ]] || continue 2
            done
            sha256sum "$path"
        done
    done | sort -u -k 1,1
}

# compile HASH PATH: leaves the compiled library under its hash. A file that holds no code of .NET stays as it is.
compile() {
    local output=$compiled/$1.dll messages
    [[ ! -f $output ]] || return 0
    if ! messages=$("$compiler" "$2" --out "$output.new" "${arguments[@]}" --reference "${2%/*}/*.dll" 2>&1); then
        [[ $messages == *"input file is already compiled"* || $messages == *"Cannot open a managed assembly"* ]] || fail "$2: $messages"
        cp "$2" "$output.new"
    fi
    mv "$output.new" "$output"

    # Where it is in place already, it is not compiled a second time.
    ln -f "$output" "$compiled/$(sha256sum "$output" | cut -d ' ' -f 1).dll"
}

find_compiler
arguments=(--targetos linux --targetarch "$target" --optimize)
for folder in "${references[@]}"; do
    arguments+=(--reference "$folder/*.dll")
done

mkdir -p "$compiled"
list >"$compiled/list"
lane() {
    while read -r -u 3 hash path; do
        compile "$hash" "$path"
    done 3< <(awk -v lane="$1" 'NR % 2 == lane' "$compiled/list")
}
lane 0 &
other=$!
lane 1
wait "$other"

# Whoever has the very same library, tests among them, gets the compiled one.
find artifacts/bin -path '*/debug/*.dll' -exec sha256sum {} + | while read -r hash path; do
    if [[ -f $compiled/$hash.dll ]]; then
        cp "$compiled/$hash.dll" "$path.new"
        mv "$path.new" "$path"
    fi
done
