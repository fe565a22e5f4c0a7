#!/usr/bin/env bash
# The man pages and completions in the source tree are those that the tools make of their option
# tables today.
#
# usage: generated.sh SOURCE_DIR     the tools are in BIN_DIR
set -euo pipefail
cd "$1"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
bash tests/support/generate.sh "${BIN_DIR:-build/dev}" "$fresh"

stale=0
while IFS= read -r file; do
  diff -u --label "$file, as committed" --label "$file, as it should be" \
    "$file" "$fresh/$file" || stale=1
done < <(cd "$fresh" && find man completions -type f | sort)

# What no tool makes any more has to go; pages without a template are written by hand.
while IFS= read -r file; do
  if [[ $file == man/* && ! -e $file.in ]]; then continue; fi
  if [[ ! -e $fresh/$file ]]; then echo "$file: nothing makes this file"; stale=1; fi
done < <(find man completions -type f ! -name '*.in' | sort)

if [[ $stale -ne 0 ]]; then
  echo "hint: ./dev generate writes these files anew" >&2
  exit 1
fi
