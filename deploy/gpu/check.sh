#!/usr/bin/env bash
# Builds the program for an NVIDIA GPU and, where one is found, measures it: agreement with the processor, tokens a second, and the share
# of what the memory's bandwidth allows. Needs x86-64 Linux, Rust, a C++ compiler, Python 3 with venv, 8 GB of disk, half an hour to an hour
# of building, and a network for the packages; no CUDA toolkit. To measure: a driver for CUDA 13 (580 or newer).
#
#   deploy/gpu/check.sh [COMPUTE_CAPABILITY]        90 for an H100 or H200, 89 for an L4 or RTX 40, 86 for an A10 or RTX 30; asked of the
#                                                   driver where left out
#   BANDWIDTH=3350 deploy/gpu/check.sh              GB/s of the GPU's memory, for the share; known for some GPUs, left out for others
set -euo pipefail
cd "$(dirname "$0")/../.."

capability=${1:-}
if [ -z "$capability" ] && command -v nvidia-smi >/dev/null; then
    capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d '. ')
fi
capability=${capability:-90}

# The toolkit's parts are Python packages that unpack into one tree; the build wants the layout of an installed toolkit.
tools=${CUDA_TOOLS:-target/cuda-tools}
version=13.0.2
if [ "$(cat "$tools/version" 2>/dev/null)" != "$version" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet "cuda-toolkit[nvcc,cudart,cccl,nvrtc,cublas,curand]==$version" nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88
    echo "$version" >"$tools/version"
fi
CUDA_HOME=$(cd "$(echo "$tools"/lib/python3*/site-packages/nvidia/cu13)" && pwd)
export CUDA_HOME PATH="$CUDA_HOME/bin:$PATH" CUDA_COMPUTE_CAP="$capability"
[ -e "$CUDA_HOME/lib64" ] || ln -s lib "$CUDA_HOME/lib64"
for library in "$CUDA_HOME"/lib/*.so.*; do
    plain=${library%%.so.*}.so
    [ -e "$plain" ] || ln -s "$(basename "$library")" "$plain"
done
# The driver's own library comes with the driver; to link, one with the same names that does nothing is enough.
mkdir -p "$CUDA_HOME/lib/stubs"
grep -oE '\bcu[A-Z][A-Za-z0-9_]*\b' "$CUDA_HOME/include/cuda.h" | sort -u | sed 's/.*/void &(void) {}/' |
    cc -shared -x c - -Wl,-soname,libcuda.so.1 -o "$CUDA_HOME/lib/stubs/libcuda.so"
export LIBRARY_PATH="$CUDA_HOME/lib:$CUDA_HOME/lib/stubs:${LIBRARY_PATH:-}" LD_LIBRARY_PATH="$CUDA_HOME/lib:${LD_LIBRARY_PATH:-}"

cargo build --release --locked --features cuda --target-dir target/cuda
program=target/cuda/release/loghelper
ls -l "$program"

if ! command -v nvidia-smi >/dev/null || ! nvidia-smi >/dev/null 2>&1; then
    echo "built; there is no GPU here to measure on"
    exit 0
fi
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv
driver=$(nvidia-smi --query-gpu=driver_version --format=csv,noheader | head -1)
if [ "${driver%%.*}" -lt 580 ]; then
    echo "the driver $driver is too old for CUDA 13: it takes 580 or newer" >&2
    exit 1
fi
# As the makers give it.
if [ -z "${BANDWIDTH:-}" ]; then
    case "$(nvidia-smi --query-gpu=name --format=csv,noheader | head -1)" in
    *H200*) BANDWIDTH=4800 ;;
    *H100*NVL*) BANDWIDTH=3938 ;;
    *H100*PCIe*) BANDWIDTH=2039 ;;
    *H100*) BANDWIDTH=3350 ;;
    *A100-*80GB*) BANDWIDTH=2039 ;;
    *A100-*) BANDWIDTH=1555 ;;
    *\ L40*) BANDWIDTH=864 ;;
    *\ L4) BANDWIDTH=300 ;;
    *\ A10 | *\ A10G) BANDWIDTH=600 ;;
    *\ T4) BANDWIDTH=320 ;;
    *RTX\ 4090*) BANDWIDTH=1008 ;;
    *RTX\ 3090*) BANDWIDTH=936 ;;
    esac
fi

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
for model in qwen3-0.6b-q4 qwen3-1.7b-q4 qwen3-4b-instruct-q4; do
    report=$("$program" --data-dir "$data" model check "$model" --random --streams 8 --json)
    MODEL=$model BANDWIDTH=${BANDWIDTH:-} python3 - "$report" <<'PYTHON'
import json, os, sys
report = json.loads(sys.argv[1])
speed, together = report["speed"], report["side_by_side"]["tokens_per_s"]
if speed["device"] != "graphics processor":
    sys.exit("the GPU was not used: the program said why above")
distance = speed["distance_to_processor"]
line = f"{os.environ['MODEL']:<22} {speed['device']}: prompt {speed['prefill_tokens_per_s']:.0f} t/s, reply {speed['decode_tokens_per_s']:.1f} t/s"
# What is no number comes as none.
line += ", no distance to the processor" if distance is None else f", distance to the processor {distance:.1e}"
if os.environ["BANDWIDTH"]:
    limit = float(os.environ["BANDWIDTH"]) * 1e9 / speed["bytes_a_token"]
    line += f", {speed['decode_tokens_per_s'] / limit:.2f} of what the bandwidth allows"
line += f", 8 side by side {together:.0f} t/s ({together / speed['decode_tokens_per_s']:.1f} times one)"
print(line)
if distance is None or not distance <= 5e-2:
    sys.exit("GPU and processor disagree")
PYTHON
done
