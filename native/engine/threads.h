// Thread counts of LibTorch: fixed once per process, applied in every worker thread.
#pragma once

namespace node_libtorch::engine {

struct ThreadCounts {
  int intra_op = 1;
  int inter_op = 1;
};

// Fixes the counts for the process. The first call wins (LibTorch refuses a second inter-op setting); returns
// the counts in force, which every environment of the process shares.
ThreadCounts configure_threads(ThreadCounts wanted);

// The counts in force; {0, 0} before configure_threads.
ThreadCounts configured_threads();

// Must be called first in every thread that runs LibTorch: the intra-op count is a property of the thread.
void apply_threads_here();

// What LibTorch itself answers on the calling thread.
ThreadCounts observed_threads();

}  // namespace node_libtorch::engine
