#!/bin/sh
# Make .venv hold exactly what requirements.txt says. Does nothing where it already does. Another folder and another
# lock can be given: envs/venv.sh .venv-benchmark envs/benchmark.txt.
# PYTHON names the interpreter to use; without it, the first that fits is taken.
set -u
cd "$(dirname "$0")/.."
venv=${1:-.venv}
lock=${2:-envs/requirements.txt}
log=$venv/install.log

fail() {
  echo "error: $*" >&2
  exit 1
}

fits() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null
}

# venv refuses a colon, and Snakemake does not quote the interpreter's path.
case $(pwd) in
  *[]\[:\"\'\$\&\(\)\*\;\<\>\?\\\`{\|}[:space:]]*)
    fail "the path of this folder has a space, a colon or another character that a shell reads: $(pwd). Move it." ;;
esac

# The lock is copied in as the last step, so an interrupted installation is not taken for a whole one.
cmp -s "$lock" "$venv/lock.txt" && exit 0

python=
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
  if fits "$candidate"; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || fail "Python 3.11, 3.12 or 3.13 is needed; tried ${PYTHON:-python3} ($(${PYTHON:-python3} --version 2>&1 | tail -n 1)). Set PYTHON to one that fits."

# PyPI's PyTorch for Linux on x86-64 brings CUDA libraries, used or not.
need_gb=2
[ "$(uname -sm)" = "Linux x86_64" ] && grep -q '^nvidia-' "$lock" && need_gb=8
free_gb=$(df -Pk . | awk 'NR == 2 { print int($4 / 1048576) }')
[ "$free_gb" -ge "$need_gb" ] || fail "no disk space: $venv needs about $need_gb GB, and $free_gb GB are free in $(pwd)"

echo "Installing into $venv, once: up to $need_gb GB, some minutes."
rm -rf "$venv"
mkdir "$venv" 2>/dev/null || fail "cannot write into $(pwd)"
"$python" -m venv "$venv" >"$log" 2>&1 ||
  fail "$python cannot make a virtual environment (on Debian and Ubuntu: install python3-venv); see $log"
if ! "$venv/bin/python" -m pip install --require-hashes --disable-pip-version-check -r "$lock" >>"$log" 2>&1; then
  case $(tail -n 60 "$log") in
    *"No space left"* | *"Errno 28"*) fail "no disk space left while installing; see $log" ;;
    *"DO NOT MATCH THE HASHES"*) fail "a downloaded package is not the one that the lock names; see $log" ;;
    *"Connection"* | *"resolve"* | *"timed out"* | *"No matching distribution"*)
      fail "no network, or a package index that lacks a package; see $log" ;;
    *) fail "pip failed; see $log, which ends with: $(tail -n 1 "$log")" ;;
  esac
fi
cp "$lock" "$venv/lock.txt"
