#!/usr/bin/env bash
# Writes the files that the tools make of their option tables: the man pages, from their prose in
# man/*.in, and the completions.
#
# usage: generate.sh BIN_DIR DIRECTORY     the tools are in BIN_DIR; DIRECTORY gets man/, completions/
set -euo pipefail
[[ $# -eq 2 ]] || { echo "usage: generate.sh BIN_DIR DIRECTORY" >&2; exit 2; }
bin=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mkdir -p "$2/man" "$2"/completions/{bash,zsh,fish}

# Any tool can make a page of the other sections; the rules are the same in all.
some_tool=
for template in man/*.1.in; do
  tool=${template#man/}
  tool=${tool%.1.in}
  some_tool=$bin/$tool
  "$bin/$tool" --generate=man <"$template" >"$2/man/$tool.1"
  "$bin/$tool" --generate=bash >"$2/completions/bash/$tool"
  "$bin/$tool" --generate=zsh >"$2/completions/zsh/_$tool"
  "$bin/$tool" --generate=fish >"$2/completions/fish/$tool.fish"
done
for template in man/*.in; do
  page=${template%.in}
  case $page in *.1) continue ;; esac
  "$some_tool" --generate=man <"$template" >"$2/$page"
done
