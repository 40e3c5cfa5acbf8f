#!/bin/sh
# Make the locks anew from the .in files: newest versions that fit, with hashes of all files.
# Needs uv. No address of a package index is written, so the lock works with whichever one pip is set up for.
set -eu
cd "$(dirname "$0")"
for name in requirements benchmark; do
  uv pip compile --quiet --universal --upgrade --python-version 3.11 --fork-strategy fewest \
    --generate-hashes --no-emit-index-url --custom-compile-command "make lock" "$name.in" -o "$name.txt"
done
