#include "engine/executor.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

#include "engine/threads.h"

namespace node_libtorch::engine {

Executor::Executor(size_t workers, size_t max_pending, std::function<void()> on_closed)
    : worker_count_(workers),
      max_pending_(max_pending),
      on_closed_(std::move(on_closed)),
      running_threads_(workers) {
  threads_.reserve(workers);
  try {
    for (size_t worker = 0; worker < workers; ++worker) {
      threads_.emplace_back([this, worker] { work(worker); });
    }
  } catch (...) {
    // The system refused a thread: end those that started, or their destructors would end the process.
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      running_threads_ +=
          threads_.size();  // never reaches zero: on_closed is not for an object that was never made
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
}

Executor::~Executor() = default;

Executor::Submitted Executor::submit(Job job) {
  const bool pinned = job.worker.has_value();
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Submitted::closed;
    if (!job.unbounded) {
      // Counting the running ones too makes the bound exact however late an idle worker wakes up.
      if (bounded_outstanding_ >= max_pending_ + worker_count_) return Submitted::full;
      ++bounded_outstanding_;
    }
    queue_.push_back(std::move(job));
  }
  if (pinned) {
    wake_.notify_all();
  } else {
    wake_.notify_one();
  }
  return Submitted::accepted;
}

bool Executor::cancel(uint64_t id) {
  Job dropped;  // destroyed outside the lock: it owns the inputs
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(queue_.begin(), queue_.end(), [id](const Job& job) { return job.id == id; });
  if (found == queue_.end()) return false;
  dropped = std::move(*found);
  queue_.erase(found);
  if (!dropped.unbounded) --bounded_outstanding_;
  return true;
}

std::vector<uint64_t> Executor::close() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(queue_);
  }
  wake_.notify_all();
  std::vector<uint64_t> ids;
  for (const Job& job : dropped) ids.push_back(job.id);
  return ids;
}

bool Executor::join_until(Clock::time_point deadline) {
  {
    std::unique_lock lock(mutex_);
    if (!ended_.wait_until(lock, deadline, [this] { return running_threads_ == 0; })) return false;
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  return true;
}

void Executor::abandon() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.detach();
  }
}

std::optional<Executor::Job> Executor::take(size_t worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto mine = std::find_if(queue_.begin(), queue_.end(), [worker](const Job& job) {
      return job.worker.value_or(worker) == worker;
    });
    if (mine != queue_.end()) {
      Job job = std::move(*mine);
      queue_.erase(mine);
      return job;
    }
    if (closed_) return std::nullopt;
    wake_.wait(lock);
  }
}

void Executor::work(size_t worker) {
  // Both are properties of the thread, so they are set here and nowhere else.
  apply_threads_here();
  {
    const c10::InferenceMode guard;
    while (std::optional<Job> job = take(worker)) {
      job->run(worker);
      if (!job->unbounded) {
        const std::lock_guard lock(mutex_);
        --bounded_outstanding_;
      }
      if (job->report) job->report();
    }
  }
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    last = running_threads_ == 1;
    if (!last) --running_threads_;
  }
  if (!last) return;
  on_closed_();
  // Only now may join_until return: whoever joins may destroy what on_closed used.
  {
    const std::lock_guard lock(mutex_);
    running_threads_ = 0;
    ended_.notify_all();
  }
}

}  // namespace node_libtorch::engine
