#!/usr/bin/env bash
# Builds the program with Intel's MKL for products of plain numbers (docs/drafts.md), from what the Python packages carry: nothing is
# installed, and the program needs no library of Intel's at its start. Needs Rust, a C compiler, Python 3 with venv, 3 GB of disk and, the
# first time, a network for 350 MB of packages. x86-64 Linux.
#
#   deploy/mkl/build.sh             builds target/mkl/release/loghelper
#   deploy/mkl/build.sh COMMAND…    runs another command with the library at hand: deploy/mkl/build.sh cargo bench --features mkl --bench embedder
set -euo pipefail
cd "$(dirname "$0")/../.."

tools=${MKL_TOOLS:-target/mkl-tools}
version=2026.2.0
if [ "$(cat "$tools/version" 2>/dev/null)" != "$version" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet "mkl-static==$version" "mkl-include==$version" "intel-openmp==$version"
    echo "$version" >"$tools/version"
fi
tools=$(cd "$tools" && pwd)

# intel-mkl-src 0.8 asks `pkg-config --variable=prefix mkl-static-lp64-iomp`, then looks through the folder of MKLROOT for `mkl.h`, the
# libraries, and the runtime of OpenMP; it takes the shared one where both are there. So it is shown a folder with the static one alone.
root=$tools/root
mkdir -p "$root/include" "$root/lib" "$root/pkgconfig"
ln -sf "$tools"/include/mkl*.h "$root/include/"
for library in mkl_intel_lp64 mkl_intel_thread mkl_core iomp5; do
    ln -sf "$tools/lib/lib$library.a" "$root/lib/"
done
# Wherever another one is installed, this one is found first.
printf 'prefix=%s\nName: mkl-static-lp64-iomp\nDescription: MKL of the Python packages\nVersion: %s\n' "$root" "$version" \
    >"$root/pkgconfig/mkl-static-lp64-iomp.pc"
export MKLROOT=$root PKG_CONFIG_PATH="$root/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"

# A product of two matrices, linked as the program will be: what is missing is said in seconds and not after half an hour.
cat >"$root/product.c" <<'C'
#include <math.h>
#include <stdio.h>
void sgemm_(char *, char *, int *, int *, int *, float *, float *, int *, float *, int *, float *, float *, int *);
void vsExp(int, const float *, float *);
int main(void) {
    float a[4] = {1, 2, 3, 4}, b[4] = {5, 6, 7, 8}, c[4], one = 1, none = 0;
    int n = 2;
    sgemm_("N", "N", &n, &n, &n, &one, a, &n, b, &n, &none, c, &n);
    vsExp(1, &none, &one);
    printf("%g %g %g %g %g\n", c[0], c[1], c[2], c[3], one);
    return 0;
}
C
cc "$root/product.c" -o "$root/product" -L"$root/lib" -Wl,--start-group -lmkl_intel_lp64 -lmkl_intel_thread -lmkl_core -Wl,--end-group \
    -liomp5 -lpthread -lm -ldl
found=$(env -u LD_LIBRARY_PATH "$root/product")
[ "$found" = "23 34 31 46 1" ] || { echo "MKL multiplies wrongly: $found" >&2 && exit 1; }

if [ $# -gt 0 ]; then
    exec "$@"
fi
cargo build --release --locked --features mkl --target-dir target/mkl
program=target/mkl/release/loghelper
ls -l "$program"
if ldd "$program" | grep -i 'mkl\|iomp'; then
    echo "the program needs these beside it" >&2
    exit 1
fi
"$program" --version
