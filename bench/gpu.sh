#!/usr/bin/env bash
# One run on a GPU: what it is, whether octet is right on it, how fast before and after tuning, in a folder.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(dirname "$here")"

if [[ "${1:-}" == help || "${1:-}" == --help ]]; then
    cat <<'TEXT'
bench/gpu.sh [FOLDER]

Builds octet, lists and probes the devices, verifies every variant that applies against the reference,
times the lists of bench/problems, tunes, times again, and leaves all of it in FOLDER (build/gpu-bench):
summary.txt, JSON, CSV and pictures. What does not fit into the time, and what is not installed, is left
out, and summary.txt says so. Where CUDA's toolkit is, cuBLASLt and cuDNN take turns with octet.

With an NVIDIA driver that no OpenCL loader knows of, a file that names its libnvidia-opencl.so.1 is written
to FOLDER/icd and used. Where that library is missing too, octet-ptx is used: octet on CUDA's driver alone,
for which clang compiles kernels.cl to PTX.

MINUTES        for all but the building (9); may be a fraction
OCTET          a program that is built already; octet-cuda and octet-ptx are beside it
CLANG          for octet-ptx (clang)
DEVICE         its number in `octet devices`, or part of its name (the best)
LISTS          of bench/problems (gemm resnet50 mobilenet_v2 bert)
IMAGES         batches of convolutions (1 32)
SECONDS_EACH   of measuring per problem (0.3)
PYTHON         the interpreter, for pictures (python3)
TEXT
    exit 0
fi

folder="${1:-$root/build/gpu-bench}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
rm -rf "${folder:?}"/{icd,cache} "$folder"/*.{txt,json,csv,png,log}
export OCTET_CACHE_DIR="$folder/cache" # its own: winners of earlier runs would count as untuned
read -ra lists <<<"${LISTS:-gemm resnet50 mobilenet_v2 bert}"
read -ra images <<<"${IMAGES:-1 32}"
seconds="${SECONDS_EACH:-0.3}"
failures=0

# What every variant is verified with: edges, signs, zero points, groups.
problems=("--type u8:s8:u8 --zero-points 3:-2:5 --bias 130x70:70x150"
          "--type s8:s8:s8 --per-channel 130x70:70x150"
          "--type u8:s8:u8 --zero-points 3:-2:5 --bias mb1ic5ih9oc6kh3ph1"
          "--type s8:s8:s8 --per-channel mb1ic64ih14oc64kh3sh2ph1"
          "--type u8:s8:s32 g2mb1ic6ih5oc4kh3" "--type u8:s8:u8 g40mb1ic40ih9oc40kh3ph1")

say() { echo "$*" | tee -a "$folder/summary.txt"; }

# ---- Driver ----

# nvidia_opencl - the driver's library, wherever the linker or a container has it.
nvidia_opencl() {
    local found
    found=$(ldconfig -p 2>/dev/null | sed -n 's/.*libnvidia-opencl\.so\.1.* => //p' | head -n 1)
    for path in "$found" /usr/lib/x86_64-linux-gnu /usr/lib64 /usr/local/nvidia/lib64 \
        /usr/local/nvidia/lib /usr/lib/aarch64-linux-gnu; do
        [[ -d "$path" ]] && path="$path/libnvidia-opencl.so.1"
        if [[ -e "$path" ]]; then
            echo "$path"
            return
        fi
    done
}

has_nvidia() { [[ -e /proc/driver/nvidia/version || -e /dev/nvidiactl ]]; }

find_driver() {
    local library
    if ! has_nvidia; then
        say "driver: no NVIDIA device here; other devices are as their loader has them"
    elif [[ -n "${OCL_ICD_VENDORS:-}" ]] || grep -qs nvidia /etc/OpenCL/vendors/*.icd; then
        say "driver: NVIDIA's OpenCL is installed"
    elif library=$(nvidia_opencl) && [[ -n "$library" ]]; then
        mkdir -p "$folder/icd"
        echo "$library" >"$folder/icd/nvidia.icd"
        export OCL_ICD_VENDORS="$folder/icd"
        say "driver: no ICD file names NVIDIA's OpenCL; icd/nvidia.icd names $library"
    else
        say "driver: NVIDIA's, without libnvidia-opencl.so.1"
    fi
}

# ---- Program ----

build() {
    local options=(-DOCTET_TESTS=OFF -DOCTET_EXAMPLES=OFF -DOCTET_MPI=OFF)
    if [[ -n "${OCTET:-}" ]]; then
        octet="$(realpath "$OCTET")"
        say "program: $octet, as it was"
        return
    fi
    octet="$root/build/release/octet"
    cd "$root"
    if ! cmake --preset release "${options[@]}" >"$folder/build.log" 2>&1; then
        say "left out: ONNX models, for the build does not configure with them (build.log)"
        cmake --preset release "${options[@]}" -DOCTET_ONNX=OFF >>"$folder/build.log" 2>&1
    fi
    cmake --build --preset release >>"$folder/build.log" 2>&1
    say "program: $octet, built from $(git -C "$root" describe --always --dirty 2>/dev/null || echo '?')"
}

# Where OpenCL has no GPU and CUDA's driver may have one, the program that needs that driver alone.
choose_program() {
    if ! has_nvidia || "$octet" devices --json 2>/dev/null | grep -q '"gpu"'; then
        return
    elif [[ ! -x "$octet-ptx" ]]; then
        say "left out: NVIDIA's GPU, which OpenCL does not have, for octet-ptx is not built"
    elif ! command -v "${CLANG:-clang}" >/dev/null; then
        say "left out: NVIDIA's GPU, which OpenCL does not have, for octet-ptx needs clang"
    else
        octet="$octet-ptx"
        say "program: $octet: no OpenCL; clang's PTX through CUDA's driver"
    fi
}

# ---- Steps: each has the time that is left, or a share of it ----

left() { echo $((deadline - SECONDS)); }

# step NAME LIMIT FILE COMMAND... - standard output to FILE, errors to NAME.log.
step() {
    local name=$1 limit=$2 file=$3 start=$SECONDS status=0
    ((limit < $(left))) || limit=$(left)
    if ((limit < 5)); then
        say "left out: $name, for no time is left"
        return
    fi
    timeout "$limit" "${@:4}" >"$folder/$file" 2>"$folder/$name.log" || status=$?
    case $status in
    0) say "$name: done in $((SECONDS - start)) s" && rm -f "$folder/$name.log" ;;
    124) rm -f "$folder/$file" && say "left out: the rest of $name, for its $limit s are over" ;;
    *)
        say "$name: FAILED (exit $status): $(tail -n 1 "$folder/$name.log")"
        failures=$((failures + 1))
        ;;
    esac
}

describe() {
    step devices 120 devices.json "$octet" devices --probe --json
    step devices_text 120 devices.txt "$octet" devices --probe
    if command -v clinfo >/dev/null; then
        step clinfo 20 clinfo.txt clinfo
    else
        say "left out: clinfo, which is not installed"
    fi
    if has_nvidia; then
        step nvidia_smi 20 nvidia-smi.txt nvidia-smi -q
    fi
}

# With CUDA's toolkit the program that has NVIDIA's libraries as peers; CLBlast where it is.
choose_peers() {
    local known
    program="$octet" gemm_peers=() conv2d_peers=()
    if has_nvidia && [[ -x "$octet-cuda" ]]; then
        program="$octet-cuda"
    fi
    known=$("$program" bench --help 2>/dev/null | grep 'compiled in:' || true)
    if has_nvidia && [[ "$known" == *cublaslt* ]]; then
        gemm_peers=(--against cublaslt) conv2d_peers=(--against cudnn)
    else
        say "left out: cuBLASLt and cuDNN, for there is no NVIDIA device or no toolkit of CUDA"
    fi
    if [[ "$known" == *clblast* ]]; then
        gemm_peers=(--against "${gemm_peers[1]:+${gemm_peers[1]},}clblast")
    fi
}

# bench LIST SUFFIX
bench() {
    local list="$here/problems/$1.txt" name=$1$2 one
    local options=(--json --seconds "$seconds" "${device[@]}" --file "$list")
    if grep -q '^ic\|^g[0-9]' "$list"; then
        for one in "${images[@]}"; do
            step "$name-mb$one" 120 "$name-mb$one.json" "$program" bench "${options[@]}" \
                "${conv2d_peers[@]}" --mb "$one" --csv "$folder/$name-mb$one.csv"
        done
    else
        step "$name" 120 "$name.json" "$program" bench "${options[@]}" "${gemm_peers[@]}" \
            --csv "$folder/$name.csv"
    fi
}

verify() {
    local i until=$((SECONDS + $(left) / 3)) words
    for i in "${!problems[@]}"; do
        read -ra words <<<"${problems[i]}"
        step "verify-$i" $((until - SECONDS)) "verify-$i.json" "$octet" verify --all-variants --json \
            "${device[@]}" "${words[@]}"
    done
    step verify-list $(($(left) / 4)) verify-list.json "$octet" verify --json "${device[@]}"
}

measure() {
    local list hundredths
    choose_peers
    verify
    for list in "${lists[@]}"; do
        bench "$list" ""
    done
    hundredths=$(($(left) * 100 / 180)) # of a minute: a third of what is left
    step tune $(($(left) * 2 / 3)) tune.json "$octet" tune --json "${device[@]}" \
        --minutes "$(printf '%d.%02d' $((hundredths / 100)) $((hundredths % 100)))" --file "$here/problems/${lists[0]}.txt"
    bench "${lists[0]}" -tuned
}

draw() {
    if ! "${PYTHON:-python3}" -c "import matplotlib" 2>/dev/null; then
        say "left out: pictures, for Python has no matplotlib"
    elif compgen -G "$folder/*.csv" >/dev/null; then
        "${PYTHON:-python3}" "$here/plot.py" "$folder" >/dev/null
        say "pictures: $(find "$folder" -name '*.png' | wc -l)"
    fi
}

device=()
[[ -z "${DEVICE:-}" ]] || device=(--device "$DEVICE")
say "$(date -u +%F), $(uname -srm), $(nproc) processors"
find_driver
build
choose_program
deadline=$((SECONDS + $(awk "BEGIN { print int(60 * ${MINUTES:-9}) }")))
describe
if tr -d ' \t' <"$folder/devices.json" | grep -Eq '"type":"(gpu|cpu|accelerator)"'; then
    measure
else
    say "left out: all measuring, for there is no OpenCL device"
fi
draw
rm -rf "${folder:?}/cache/"*/ 2>/dev/null || true
say "$failures failed; all of it is in $folder"
((failures == 0))
