#!/usr/bin/env bash
# Every test: installs what is missing, builds, runs, and ends with one line `N passed, N failed`.
#   tests/run.sh            all of it, as continuous integration does
#   tests/run.sh release    only the named stages: format release asan tsan, or fuzz, dev
set -uo pipefail
cd "$(dirname "$0")/.."
stages=("$@")
[ ${#stages[@]} -gt 0 ] || stages=(format release asan tsan)

./tests/setup.sh test || { echo "0 passed, 1 failed"; exit 2; }
export CCACHE_NOHASHDIR=1
export CCACHE_BASEDIR=$PWD
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:quarantine_size_mb=32 UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=suppressions=$PWD/tests/tsan.supp

jobs=$((2 * $(nproc)))  # half of the tests wait: for a clock, a peer, a browser
passed=0
failed=0
note() { printf '\n== %s (%s)\n' "$1" "$(date -u +%H:%M:%S)"; }

# Shows how far ninja ("[12/234] …") or ctest (" 12/234 Test …") is: a line that changes on a terminal, else one for each tenth.
progress() {
  local terminal=0
  [ -t 1 ] && terminal=1
  awk -v terminal=$terminal '
    match($0, /^\[[0-9]+\/[0-9]+\]/) || match($0, /^ *[0-9]+\/[0-9]+ Test/) {
      split($0, part, /[^0-9]+/)
      at = part[1] != "" ? 1 : 2
      if (terminal) printf "\r  %d of %d ", part[at], part[at + 1]
      else if (int(part[at] * 10 / part[at + 1]) > seen) { seen = int(part[at] * 10 / part[at + 1]); print "  " seen * 10 " %" }
      fflush()
    }
    END { if (terminal) printf "\r\033[K" }'
}

# What a preset is configured and built with, and which of its tests run; what it leaves out is in `says`.
options_of() {
  configure=(-DWANWU_TESTS=ON) build=() select=() says=
  case $1 in
    fuzz) configure=() ;;
    asan)
      # Built by clang, with the fuzz programs in it. Whole runs that measure time, memory or descriptors and browser
      # tests are the release stage's, and so is the longer of the two proofs; suites, bad input and all that is fuzzed are
      # this one's too.
      select=(-E '^(schema: |e2e\.(results|counters|examples|bench|rates|plan|endurance|generator|endings|prove\.mqtt_5)|target\.clients\.|report page|report\.|latency)')
      says="without the end-to-end runs that measure time, memory or descriptors, independent clients, readers, browser pages and the proof of mqtt-5.0" ;;
    tsan)
      # Only these start threads: Paho behind its driver, the recorder, the engine's workers, the target's shards.
      build=(--target mqtt_driver_tests reports_tests sim_tests target_tests)
      select=(-R '^(mqtt_driver_tests|reports_tests|sim_tests|target_tests):')
      says="the parts that start threads" ;;
  esac
}

build_preset() {
  local configure build select says
  options_of "$1"
  cmake --preset "$1" "${configure[@]}" && cmake --build --preset "$1" "${build[@]}"
}

# Tests wait most of their time; the next stage is built meanwhile, with the processor time that nobody else wants: whatever
# runs normally goes first at once, so that nothing is late for it.
ahead=
ahead_preset=
build_ahead() {
  case ${1:-} in "" | format) return ;; esac
  mkdir -p build
  ahead_preset=$1
  set -m # a process group of its own, so that it can be ended as one
  { chrt --idle --pid 0 "$BASHPID"; build_preset "$1"; } >"build/$1.log" 2>&1 </dev/null &
  ahead=$!
  set +m
}
trap '[ -z "$ahead" ] || { kill -- "-$ahead"; kill -CONT -- "-$ahead"; } 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Whether PRESET is built, now or ahead; its log is build/PRESET.log.
built() {
  local code
  if [ "$1" = "$ahead_preset" ]; then
    tail -n +1 -f --pid="$ahead" "build/$1.log" | progress
    wait "$ahead"
    code=$?
    ahead= ahead_preset=
    return $code
  fi
  mkdir -p build
  build_preset "$1" 2>&1 | tee "build/$1.log" | progress
}

# run_preset PRESET NEXT: builds and tests one preset, and begins to build the next; what a stage leaves out, it says.
run_preset() {
  local preset=$1 log=build/$1.log configure build select says
  options_of "$preset"
  [ -z "$says" ] || echo "$preset: $says"
  note "$preset: build"
  if ! built "$preset"; then
    grep -E 'error|Error|FAILED' "$log" | head -40
    echo "the $preset build failed; the whole log is $log"
    failed=$((failed + 1))
    return
  fi
  build_ahead "${2:-}"
  note "$preset: test"
  run_tests "$preset" "$log.ctest" -j$jobs -LE timed "${select[@]}"
  if [ "$preset" != tsan ] && [ "$preset" != fuzz ]; then
    # These mostly wait for the clock: beside each other they are on time, beside busy tests or a compiler they are not. An
    # idle compiler is no better: a kernel that never takes a processor from itself leaves it the time of its system calls.
    note "$preset: test what is timed"
    [ -z "$ahead" ] || kill -STOP -- "-$ahead" 2>/dev/null
    run_tests "$preset" "$log.timed.ctest" -j$jobs -L timed "${select[@]}"
    [ -z "$ahead" ] || kill -CONT -- "-$ahead" 2>/dev/null
  fi
}

# run_tests PRESET LOG CTEST-OPTIONS...: adds what ctest's own JUnit file counts.
run_tests() {
  local preset=$1 log=$2 results=${2/.log/} total bad
  results=${results%.ctest}.junit.xml
  shift 2
  rm -f "$results"
  ctest --preset "$preset" "$@" --output-junit "$PWD/$results" --timeout 300 2>&1 | tee "$log" | progress
  grep -vE '^ *Start |Passed|^Test project' "$log" | tail -60
  total=$(sed -nE 's/.*<testsuite [^>]*tests="([0-9]+)".*/\1/p;s/^[[:space:]]*tests="([0-9]+)"$/\1/p' "$results" 2>/dev/null | head -1)
  bad=$(sed -nE 's/^[[:space:]]*failures="([0-9]+)"$/\1/p' "$results" 2>/dev/null | head -1)
  if [ -z "${total:-}" ] || [ "$total" -eq 0 ]; then
    echo "$preset ran no test: ctest $*"
    failed=$((failed + 1))
    return
  fi
  passed=$((passed + total - ${bad:-0}))
  failed=$((failed + ${bad:-0}))
}

check_format() {
  note "format"
  local files
  files=$(git ls-files '*.cpp' '*.hpp')
  if clang-format --dry-run -Werror $files 2>build-format.log; then
    passed=$((passed + 1))
  else
    grep -c 'error:' build-format.log | sed 's/$/ places are not formatted; run clang-format -i on:/'
    sed -nE 's/^([^:]+):[0-9]+.*/\1/p' build-format.log | sort -u | head -20
    failed=$((failed + 1))
  fi
  rm -f build-format.log
}

for stage in "${stages[@]}"; do
  case $stage in
    format | release | asan | tsan | fuzz | dev) ;;
    *) echo "no such stage: $stage (format release asan tsan fuzz dev)"; exit 2 ;;
  esac
done

for at in "${!stages[@]}"; do
  stage=${stages[at]}
  case $stage in
    format) check_format ;;
    *) run_preset "$stage" "${stages[at + 1]:-}" ;;
  esac
done

note "all"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
