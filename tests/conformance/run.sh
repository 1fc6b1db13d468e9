#!/usr/bin/env bash
# Compares octet with ONNX Runtime, LiteRT and ONNX's own test data; README.md tells what with what.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"

if [[ "${1:-}" == help || "${1:-}" == --help ]]; then
    cat <<'TEXT'
tests/conformance/run.sh [FOLDER [TEST...]]

Makes a Python environment in FOLDER (build/conformance), installs requirements.txt there from PyPI,
runs the comparisons (all, or TESTs such as test_tflite) and ends with "N passed, N failed".

OCTET_LIBRARY      the library to test (build/release/liboctet.so)
OCTET_DEVICE       the OpenCL device: its number or a part of its name
OCTET_NODE_TESTS   the folder of ONNX's node tests (/usr/share/libonnx-testdata/data/node)
PYTHON             the interpreter (python3); the packages need 3.11 or 3.12
TEXT
    exit 0
fi

fail() {
    printf 'conformance: %s\n' "$1" >&2
    exit 1
}

folder="${1:-$root/build/conformance}"
shift $(($# > 0 ? 1 : 0))
export OCTET_LIBRARY="${OCTET_LIBRARY:-$root/build/release/liboctet.so}"
[[ -e "$OCTET_LIBRARY" ]] || fail "$OCTET_LIBRARY is missing: build it, or set OCTET_LIBRARY"
mkdir -p "$folder/cache/pocl"
folder="$(cd "$folder" && pwd)"

# A cache of its own: a user's are neither needed nor touched. None of octet's: asked for a binary, PoCL
# compiles every kernel once more.
export POCL_CACHE_DIR="${POCL_CACHE_DIR:-$folder/cache/pocl}"
export OCTET_CACHE_DIR=
export PYTHONDONTWRITEBYTECODE=1

"${PYTHON:-python3}" -m venv "$folder/venv" ||
    fail "no Python environment could be made (Debian: python3-venv)"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" ||
    fail "the packages could not be installed: is PyPI reachable, is Python 3.11 or 3.12?"
exec "$folder/venv/bin/python" "$here" "$@"
