#!/bin/sh
# Calls zig's clang as CMake and NCNN call a compiler.
#
#   zig-driver.sh ZIG MODE TRIPLE CPU ARGUMENT…      MODE: cc or c++
#
# zig names CPUs and their features its own way and knows no -march of clang's: NCNN's flags for
# single files are translated, keeping the target's own CPU and adding only the features asked for.
set -eu
zig=$1 mode=$2 triple=$3 cpu=$4
shift 4

count=$#
while [ "$count" -gt 0 ]; do
  argument=$1
  shift
  count=$((count - 1))
  case "$argument" in
    -march=armv*)
      # armv8.2-a+fp16+dotprod: the base is dropped, "fp16" is called fullfp16.
      case "$argument" in *+*) cpu="$cpu+$(printf %s "${argument#*+}" | sed 's/\<fp16\>/fullfp16/')" ;; esac
      ;;
    -mfpu=neon-vfpv4) cpu="$cpu+vfp4+fp16" ;;
    # The version script alone hides what comes from archives, and libc++ is always linked in.
    -Wl,--exclude-libs,ALL | -static-libstdc++) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
# Optimised unless told otherwise: zig builds its C++ library once for each way of linking, and
# CMake's first question would have it build the one for debugging, which nobody needs. Without
# -g0 it writes debugging information that is stripped in the end and takes a third of the time.
exec "$zig" "$mode" -target "$triple" "-mcpu=$cpu" -O2 -g0 -fno-sanitize=undefined "$@"
