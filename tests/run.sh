#!/usr/bin/env bash
# Builds the solution and runs its tests. See tests/README.md.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: bash tests/run.sh [options] [options of dotnet test]

  --rounds N       kill rounds of the crash tests (DCHAT_KILL_ROUNDS)
  --fuzz N         N times as many inputs for each decoder: with 200, ten million (DCHAT_FUZZ_FACTOR)
  --simulations N  N seeds for each simulation (DCHAT_SIM_RUNS)
  --soak N         N rounds of peers that come and go (DCHAT_SOAK_ROUNDS)
  --filter EXPR    only the tests that match, for example "FullyQualifiedName~Merkle";
                   --filter-class, --filter-method and their like work as well
  --no-build       test what is already built
  --tools-only     only installs what tests need beside .NET
  --help           this text
USAGE
}

fail() {
    printf 'tests/run.sh: %s\n' "$*" >&2
    exit 1
}

positive() {
    [[ ${2-} =~ ^[1-9][0-9]*$ ]] || fail "$1 needs a whole number from 1, not \"${2-}\""
}

# need COMMAND PACKAGE: installs a Debian package where it may, otherwise says how.
need() {
    if command -v "$1" >/dev/null; then
        return
    fi
    if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
        { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "$2"; } >&2
    fi
    command -v "$1" >/dev/null || fail "$1 is missing; run: sudo apt-get install $2"
}

need_dotnet() {
    local version
    version=$(dotnet --version 2>/dev/null) || version=none
    [[ $version == 10.* ]] || fail "the .NET 10 SDK is missing (found: $version); see https://dotnet.microsoft.com/download/dotnet/10.0"
}

node_is_new_enough() {
    command -v node >/dev/null && [[ $(node -p 'process.versions.node.split(".")[0] >= 22') == true ]]
}

# The JavaScript peers need Node 22. Where the system's is older, npm carries one as a package.
need_node() {
    local architecture
    if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
        need npm npm
        npm ci --no-audit --no-fund >&2
    fi
    if node_is_new_enough; then
        return
    fi
    case $(uname -sm) in
        'Linux x86_64') architecture=x64 ;;
        'Linux aarch64') architecture=arm64 ;;
        *) fail "Node 22 or newer is missing; see https://nodejs.org/en/download" ;;
    esac
    if [[ ! -x node_modules/node-linux-$architecture/bin/node ]]; then
        need npm npm
        npm install --no-save --no-audit --no-fund "node-linux-$architecture@22" >&2
    fi
    export PATH=$PWD/node_modules/node-linux-$architecture/bin:$PATH
    node_is_new_enough || fail "Node 22 or newer is missing; see https://nodejs.org/en/download"
}

build=true
tools_only=false
patience=5m
arguments=()
while [[ $# -gt 0 ]]; do
    case $1 in
        --help | -h)
            usage
            exit 0
            ;;
        --rounds)
            positive "$@"
            export DCHAT_KILL_ROUNDS=$2 patience=3h
            shift 2
            ;;
        --fuzz)
            positive "$@"
            export DCHAT_FUZZ_FACTOR=$2 patience=3h
            shift 2
            ;;
        --simulations)
            positive "$@"
            export DCHAT_SIM_RUNS=$2 patience=3h
            shift 2
            ;;
        --soak)
            positive "$@"
            export DCHAT_SOAK_ROUNDS=$2 patience=3h
            shift 2
            ;;
        --no-build)
            build=false
            shift
            ;;
        --tools-only)
            tools_only=true
            shift
            ;;
        --filter*)
            # A project in which nothing matches is no failure; a run in which nothing does is.
            if [[ " ${arguments[*]-} " != *" --ignore-exit-code "* ]]; then
                arguments+=(--ignore-exit-code 8 --minimum-expected-tests 1)
            fi
            arguments+=("$1")
            shift
            ;;
        *)
            arguments+=("$1")
            shift
            ;;
    esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

# What tests start lives for seconds: code that counts itself, to be compiled better later, costs a fifth of the processor and gains nothing.
export DOTNET_TieredPGO=${DOTNET_TieredPGO-0}

need_dotnet
need git git
need chromium chromium
need redis-server redis-server
if [[ -f tests/js/package.json ]]; then
    # Not in a subshell: it puts Node on the PATH.
    pushd tests/js >/dev/null
    need_node
    popd >/dev/null
fi

if $tools_only; then
    exit
fi

if $build; then
    dotnet build DChat.Orleans.sln --verbosity quiet
fi

results=artifacts/test-results
rm -rf "$results"

# A test that skips itself fails: a missing tool is to be installed, not to be ignored. One that never ends is named and ends its
# project when no other of its tests began or ended for so long; the longer runs have single tests that take an hour.
test_modules() {
    local status=0 log
    dotnet test "$@" --fail-skips on --results-directory "$results" --hangdump --hangdump-type Mini --hangdump-timeout "$patience" \
        ${arguments[@]+"${arguments[@]}"} || status=$?
    for log in "$results"/*_hang.log; do
        if [[ -f $log ]]; then
            printf 'tests/run.sh: tests that did not end (%s):\n' "$log" >&2
            cat "$log" >&2
            mv "$log" "$log.told"
        fi
    done
    return "$status"
}

# A filter may match in any project, and only a run of all of them can tell that it matches nowhere.
if [[ " ${arguments[*]-} " == *" --ignore-exit-code "* ]]; then
    test_modules --solution DChat.Orleans.sln --no-build --max-parallel-test-modules 1
    exit
fi

# Runs projects one after the other until none is left. What a project prints comes in one piece, so that lanes do not mix.
lane() {
    local status=0 next printed
    while next=$(take_project) && [[ -n $next ]]; do
        printed=$(mktemp)
        test_modules --test-modules "$next" --max-parallel-test-modules 1 >"$printed" 2>&1 || status=$?
        flock "$results" cat "$printed"
        rm -f "$printed"
    done
    return "$status"
}

# Prints the first line of the waiting list and takes it off.
take_project() {
    flock "$results" sh -c 'head -n 1 "$1" && sed -i 1d "$1"' sh "$results/waiting"
}

# Two lanes where tests mind neither latency nor clusters of silos: one waits for the disk, for a peer that is idle, or for its slowest
# test while the other computes. The longest projects come first. The rest one by one: they start processes and clusters of their own
# and fill small machines.
shared=(Libp2p Interop Storage Federation Core Simulation Tls Client Cli Repository Silo)
singles=(Cluster EndToEnd Gateway)
module_of() {
    printf 'artifacts/bin/DChat.%s.Tests/debug/DChat.%s.Tests.dll\n' "$1" "$1"
}

for name in "${shared[@]}" "${singles[@]}"; do
    [[ -f $(module_of "$name") ]] || fail "$(module_of "$name") is missing; run without --no-build"
done

for project in tests/*.Tests/*.csproj; do
    name=$(basename "$project" .Tests.csproj)
    [[ " ${shared[*]} ${singles[*]} " == *" ${name#DChat.} "* ]] || fail "$project is in no lane: name it in tests/run.sh"
done

# test_projects LANES PROJECT...: tests the projects in so many lanes.
test_projects() {
    local lanes=$1 status=0 pids=() pid
    shift
    mkdir -p "$results"
    for name in "$@"; do
        module_of "$name"
    done >"$results/waiting"
    for ((i = 0; i < lanes; i++)); do
        lane &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || status=$?
    done
    return "$status"
}

status=0
test_projects 2 "${shared[@]}" || status=$?
test_projects 1 "${singles[@]}" || status=$?
exit "$status"
