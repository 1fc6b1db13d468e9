#!/usr/bin/env bash
# From a fresh clone to a result with one command; `./quickstart.sh help` tells all of it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
    cat <<'TEXT'
./quickstart.sh        installs what is missing (Debian and Ubuntu, through apt), builds program and
                       libraries in build/release, ready for cmake --install, and classifies the
                       test images of examples/digits
./quickstart.sh test   builds and tests three ways: ci (warnings are errors), no-opencl (the reference
                       alone) and dev (AddressSanitizer, UndefinedBehaviorSanitizer); then, where
                       they are installed, on other implementations of OpenCL and against software
                       of others (tests/implementations, tests/conformance). With CI=true all of
                       that is installed, from Debian and from PyPI
./quickstart.sh help   this text

Builds and logs go to build/. With OCTET_INSTALL=no nothing is installed or looked for: use that where
the libraries come from elsewhere than apt.
TEXT
}

# Debian packages: what building, running and testing need.
packages=(gcc libc6-dev cmake ninja-build python3
          opencl-headers ocl-icd-opencl-dev pocl-opencl-icd
          libprotobuf-c-dev protobuf-c-compiler libonnx-dev libcjson-dev
          libclblast-dev libopenblas-dev libcmocka-dev)
test_packages=(g++ pkg-config)
ci_packages=(python3-venv libonnx-testdata oclgrind libdnnl-dev libopenmpi-dev openmpi-bin clang)

say() { printf 'quickstart: %s\n' "$*"; }

# fail MESSAGE [LOG] - the end, with the log when there is one.
fail() {
    if [[ -n "${2:-}" ]]; then
        cat "$2" >&2
    fi
    printf 'quickstart: %s\n' "$1" >&2
    exit 1
}

is_installed() {
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# install PACKAGE... - through apt, those that are missing.
install() {
    local missing=() package sudo=()
    if [[ "${OCTET_INSTALL:-}" == no ]]; then
        return
    fi
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        fail "this is not Debian or Ubuntu; install what these packages of theirs hold, then run
OCTET_INSTALL=no $0: $*"
    fi
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then
        return
    fi
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "neither root nor sudo; these packages are missing: ${missing[*]}"
        sudo=(sudo)
    fi
    say "installing ${missing[*]} (log: build/install.log)"
    "${sudo[@]}" true || fail "sudo refused; these packages are missing: ${missing[*]}"
    {
        "${sudo[@]}" apt-get update -q &&
            "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get install -q -y --no-install-recommends "${missing[@]}"
    } >build/install.log 2>&1 </dev/null ||
        fail "apt-get failed; these packages are missing: ${missing[*]}" build/install.log
}

# build PRESET TARGET... - configures and builds, silent but for failures; false when it failed.
build() {
    local log=build/$1.log
    say "building preset $1 (log: $log)"
    if ! { cmake --preset "$1" && cmake --build --preset "$1" --target "${@:2}"; } >"$log" 2>&1; then
        cat "$log" >&2
        return 1
    fi
}

run_digits() {
    local octet=build/release/octet result accuracy speed check
    local run=(run examples/digits/digits.onnx --input examples/digits/test-images.npy
               --labels examples/digits/test-labels.npy --batch 100 --repeat 5 --check)
    say "octet devices"
    "$octet" devices || fail "octet devices failed (exit $?)"
    say "octet ${run[*]}"
    result=$("$octet" "${run[@]}") || fail "octet run failed (exit $?)"
    printf '%s\n' "$result"
    say "octet is $PWD/$octet; to type it alone: export PATH=\"$PWD/build/release:\$PATH\""
    # The outcome once more, in one last line: for scripts. (From the "word  text" lines.)
    accuracy=$(sed -n 's/^accuracy  *//p' <<<"$result")
    speed=$(sed -n 's/^speed  *\([^(]*\) .*/\1/p' <<<"$result")
    check=$(sed -n 's/^check  *//p' <<<"$result")
    printf 'digits: %s right, %s; %s\n' "$accuracy" "$speed" "$check"
}

passed=0
failed=0

# test PRESET - adds its tests to "passed" and "failed"; what cannot be built or run is one failure.
test_preset() {
    local log=build/$1-tests.log start=$SECONDS total bad
    if ! build "$1" all; then
        say "$1: the build failed"
        failed=$((failed + 1))
        return
    fi
    say "testing preset $1 (log: $log)"
    ctest --preset "$1" 2>&1 | tee "$log" | grep --line-buffered -v "^ *Start " || true
    if [[ "$(<"$log")" =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]; then
        bad=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
    else
        bad=1 total=1
    fi
    say "$1: $((total - bad)) passed, $bad failed, $((SECONDS - start)) s"
    passed=$((passed + total - bad))
    failed=$((failed + bad))
}

# test_script NAME COMMAND... - the same for a script that ends with "N passed, N failed".
test_script() {
    local log=build/$1-tests.log start=$SECONDS closing
    say "testing $1 (log: $log)"
    "${@:2}" </dev/null 2>&1 | tee "$log" || true
    closing=$(tail -n 1 "$log")
    if [[ "$closing" =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
    else
        failed=$((failed + 1))
    fi
    say "$1: $closing, $((SECONDS - start)) s"
}

# install_ptxas - NVIDIA's assembler from PyPI, which the tests lint/kernels_for_sm_* look for.
install_ptxas() {
    say "installing ptxas in build/gpu (log: build/gpu.log)"
    { python3 -m venv build/gpu &&
        build/gpu/bin/pip install --disable-pip-version-check -r tests/gpu/requirements.txt; } \
        >build/gpu.log 2>&1 || fail "ptxas could not be installed: is PyPI reachable?" build/gpu.log
}

# install_ocloc - Intel's compiler for its GPUs, for lint/kernels_for_*, unpacked in build/gpu: installed,
# its package would be one more OpenCL driver of every test.
install_ocloc() {
    local packages=$PWD/build/gpu/intel/packages
    say "unpacking ocloc in build/gpu/intel (log: build/ocloc.log)"
    mkdir -p "$packages/partial"
    { apt-get install -q -y --no-install-recommends --download-only --reinstall \
            -o Debug::NoLocking=1 -o Dir::Cache::archives="$packages" intel-opencl-icd &&
        printf '%s\0' "$packages"/*.deb | xargs -0 -I{} dpkg -x {} build/gpu/intel &&
        python3 tests/gpu/compile.py --missing tgllp acm-g10 pvc; } \
        >build/ocloc.log 2>&1 </dev/null || fail "ocloc could not be unpacked" build/ocloc.log
}

# test_others - implementations of OpenCL and judges; outside of CI only what is installed.
test_others() {
    local install=()
    if [[ "${CI:-}" == true ]]; then
        install=(--install)
    fi
    test_script implementations python3 tests/implementations/run.py "${install[@]}"
    if [[ "${CI:-}" == true || -d build/conformance/venv ]]; then
        OCTET_LIBRARY=build/ci/liboctet.so test_script conformance tests/conformance/run.sh
    else
        say "left out: tests/conformance/run.sh, which installs ONNX Runtime and others from PyPI"
    fi
}

mkdir -p build
case "${1:-}" in
"")
    install "${packages[@]}"
    build release octet_program octet_shared || fail "the build failed" # what cmake --install needs
    run_digits
    ;;
test)
    install "${packages[@]}" "${test_packages[@]}"
    if [[ "${CI:-}" == true ]]; then
        install "${ci_packages[@]}"
        install_ptxas
        install_ocloc
    fi
    for preset in ci no-opencl dev; do
        test_preset "$preset"
    done
    test_others
    say "all of it in $SECONDS s"
    echo "$passed passed, $failed failed"
    ((failed == 0))
    ;;
help | -h | --help)
    usage
    ;;
*)
    usage >&2
    fail "unknown argument '$1'"
    ;;
esac
