# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by tools/check and tools/quickstart: runs a command into a log, behind one
# line of progress.
#
#   running_stage=           the process group that runs, for the caller's trap
#   run_stage NAME LOG COMMAND...
#
# Gives the command's exit code; a log of a failure is explained at once.

running_stage=

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

run_stage() {
  local name=$1 log=$2 from=$SECONDS rc=0 last
  shift 2
  [[ -t 1 ]] || printf '%-12s ...\n' "$name"
  # A process group of its own, so that Ctrl-C leaves nothing behind.
  set -m
  "$@" >"$log" 2>&1 &
  running_stage=$!
  set +m
  local ticks=0
  while kill -0 "$running_stage" 2>/dev/null; do
    sleep 0.2
    ticks=$((ticks + 1))
    if [[ -t 1 && $((ticks % 5)) -eq 0 ]]; then
      last=$(tail -n 1 "$log" | tr -d '\r' | cut -c1-50)
      printf '\r\033[K%-12s %6s  %s' "$name" "$(clock $((SECONDS - from)))" "$last"
    elif [[ ! -t 1 && $((ticks % 300)) -eq 0 ]]; then
      printf '%-12s %6s  %s\n' "$name" "$(clock $((SECONDS - from)))" \
        "$(tail -n 1 "$log" | cut -c1-100)"
    fi
  done
  wait "$running_stage" || rc=$?
  running_stage=
  [[ -t 1 ]] && printf '\r\033[K'
  printf '%-12s %6s  %s\n' "$name" "$(clock $((SECONDS - from)))" \
    "$([[ $rc -eq 0 ]] && echo ok || echo FAILED)"
  [[ $rc -eq 0 ]] || explain "$log"
  return "$rc"
}

# For a trap: ends what runs.
end_stage() { [[ -z $running_stage ]] || kill -TERM -- "-$running_stage" 2>/dev/null; }

# What of a log somebody wants to see at once: compiler errors and failed tests,
# or else its end.
explain() {
  local lines
  lines=$(grep -aE -A6 'error:|CMake Error|undefined reference|\*\*\*(Failed|Timeout)|: Failure$' "$1" | head -n 40)
  [[ -n $lines ]] || lines=$(tail -n 60 "$1")
  printf '%s\n' "$lines" | sed 's/^/    /'
  printf '    (all of it: %s)\n' "${1#"$PWD"/}"
}
