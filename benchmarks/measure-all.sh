#!/usr/bin/env bash
# Everything that docs/benchmarks.md shows, on a quiet machine, in about 20 minutes; then the page itself.
#   PEERS_KIT   folder with the peers' start scripts; without it that part is left out
#   REPEATS, SECONDS_EACH   of the peers (5, 5)     QUICK=1   a try-out of seconds, not to be kept
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
quick=(); short=(); [ "${QUICK:-}" != 1 ] || { quick=(--quick); short=(--rounds 1 --seconds 0.3); }
repeats=${REPEATS:-5}; seconds=${SECONDS_EACH:-5}

node scripts/build.mjs
if [ "${QUICK:-}" = 1 ]; then repeats=1; seconds=1; fi
# The comparison with others first: should the machine not stay quiet, it is what matters most.
node benchmarks/peers.mjs --repeats "$repeats" --seconds "$seconds" --save
node benchmarks/overload.mjs --save "${quick[@]}"
node benchmarks/protocols.mjs --save "${short[@]}"
node benchmarks/run.mjs --full --save "${quick[@]}"
node scripts/bench/plots.mjs
