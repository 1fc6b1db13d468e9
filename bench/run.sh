#!/usr/bin/env bash
# Every list of bench/problems by octet and every peer, as CSV and pictures.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(dirname "$here")"

if [[ "${1:-}" == help || "${1:-}" == --help ]]; then
    cat <<'TEXT'
bench/run.sh [FOLDER [LIST...]]

Runs the lists of bench/problems (all, or LISTs such as resnet50) with octet beside the peers that are
compiled in and, where Python has onnxruntime, beside ONNX Runtime; writes CSV, what was printed, and
pictures to FOLDER (build/bench). Needs build/release/octet; for pictures, matplotlib.
Whole networks beside ONNX Runtime and OpenVINO: bench/networks.py --help.

SECONDS_EACH   of measuring per problem (0.6)
IMAGES         batches of convolutions (1 8)
PYTHON         the interpreter (python3)
TEXT
    exit 0
fi

export POCL_AFFINITY="${POCL_AFFINITY:-1}" # else Linux may put PoCL's threads on one core
if [[ -z "${OPENBLAS_CORETYPE:-}" ]] && grep -q avx2 /proc/cpuinfo; then # it may not know this processor
    OPENBLAS_CORETYPE=$(grep -q avx512bw /proc/cpuinfo && echo SkylakeX || echo Haswell)
    export OPENBLAS_CORETYPE
fi
folder="${1:-$root/build/bench}"
shift $(($# > 0 ? 1 : 0))
lists=("$@")
((${#lists[@]} > 0)) || lists=(gemm bert dlrm resnet50 mobilenet_v1 mobilenet_v2 mobilenet_v3 inception_v3)
seconds="${SECONDS_EACH:-0.6}"
python="${PYTHON:-python3}"
octet="$root/build/release/octet"
peers=$("$octet" bench --help | sed -n 's/.*compiled in: \([a-z,]*\).*/\1/p')
mkdir -p "$folder"

# measure NAME LIST [OPTION...] - one list by octet, its peers and ONNX Runtime.
measure() {
    local name=$1 list="$here/problems/$2.txt"
    echo "== $name"
    "$octet" bench --seconds "$seconds" ${peers:+--against "$peers"} --csv "$folder/$name.csv" \
        "${@:3}" --file "$list" | tee "$folder/$name.txt"
    if "$python" -c "import onnx, onnxruntime" 2>/dev/null; then
        "$python" "$here/ort.py" --octet "$octet" --seconds "$seconds" --csv "$folder/$name-ort.csv" \
            "${@:3}" --file "$list" | tee "$folder/$name-ort.txt"
    fi
}

for list in "${lists[@]}"; do
    if grep -q '^ic\|^g[0-9]' "$here/problems/$list.txt"; then
        for images in ${IMAGES:-1 8}; do
            measure "$list-mb$images" "$list" --mb "$images"
        done
    else
        measure "$list" "$list"
    fi
done
if "$python" -c "import matplotlib" 2>/dev/null; then
    "$python" "$here/plot.py" "$folder"
else
    echo "bench: no pictures: Python needs matplotlib" >&2
fi
