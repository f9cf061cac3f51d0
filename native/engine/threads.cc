#include "engine/threads.h"

#include <ATen/Parallel.h>

#include <mutex>

namespace node_libtorch::engine {
namespace {

std::mutex mutex;
ThreadCounts in_force{0, 0};

}  // namespace

ThreadCounts configure_threads(ThreadCounts wanted) {
  const std::lock_guard lock(mutex);
  if (in_force.intra_op == 0) {
    at::set_num_interop_threads(wanted.inter_op);
    in_force = wanted;
  }
  return in_force;
}

ThreadCounts configured_threads() {
  const std::lock_guard lock(mutex);
  return in_force;
}

void apply_threads_here() {
  const ThreadCounts counts = configured_threads();
  if (counts.intra_op > 0) at::set_num_threads(counts.intra_op);
}

ThreadCounts observed_threads() {
  return {at::get_num_threads(), static_cast<int>(at::get_num_interop_threads())};
}

}  // namespace node_libtorch::engine
