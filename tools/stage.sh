# Copyright The Gonghui Authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by tools/check and tools/quickstart: runs a command into a log, and shows
# meanwhile that it lives: on a terminal one line of progress, rewritten every second;
# else (a file, a pipe) a line of its own every stage_line_s seconds.
#
#   running_stage=           the process group that runs, for the caller's trap
#   run_stage NAME LOG COMMAND...
#
# Gives the command's exit code; a log of a failure is explained at once. The command runs in
# the background, where reading the terminal would stop it: it gets no input, and whatever has
# to ask somebody does so before (tools/install-packages --ask).

running_stage=
stage_line_s=15

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# progress LOG SECONDS: how far it is. Ninja counts its steps; once some are done, they say
# roughly how long the others take. Of any other command, what it said last.
progress() {
  local line left=
  line=$(tail -n 40 "$1" | tr -d '\r' |
    awk '/^\[[0-9]+\/[0-9]+\] / {step = $0} {last = $0} END {print step == "" ? last : step}') || true
  if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (.*) ]]; then
    local made=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]} what=${BASH_REMATCH[3]##*/}
    if [[ $made -ge 10 && $made -lt $all && $2 -ge 30 ]]; then
      left=" some $((($2 * (all - made) / made + 59) / 60)) min left"
    fi
    line="[$made/$all]$left $what"
  fi
  printf '%s' "${line:0:57}"
}

run_stage() {
  local name=$1 log=$2 from=$SECONDS rc=0
  shift 2
  [[ -t 1 ]] || printf '%-12s ...\n' "$name"
  # A process group of its own, so that Ctrl-C leaves nothing behind.
  set -m
  "$@" </dev/null >"$log" 2>&1 &
  running_stage=$!
  set +m
  local elapsed shown=0
  while kill -0 "$running_stage" 2>/dev/null; do
    sleep 0.2
    elapsed=$((SECONDS - from))
    if [[ -t 1 && $elapsed -gt $shown ]]; then
      shown=$elapsed
      printf '\r\033[K%-12s %6s  %s' "$name" "$(clock "$elapsed")" "$(progress "$log" "$elapsed")"
    elif [[ ! -t 1 && $elapsed -ge $((shown + stage_line_s)) ]]; then
      shown=$elapsed
      printf '%-12s %6s  %s\n' "$name" "$(clock "$elapsed")" "$(progress "$log" "$elapsed")"
    fi
  done
  wait "$running_stage" || rc=$?
  running_stage=
  if [[ -t 1 ]]; then printf '\r\033[K'; fi
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
