#!/bin/sh
# Make requirements.txt anew from requirements.in: newest versions that fit, with the hashes of all their files.
# Needs uv. No address of a package index is written, so the lock works with whichever one pip is set up for.
set -eu
cd "$(dirname "$0")"
uv pip compile --quiet --universal --upgrade --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" requirements.in -o requirements.txt
