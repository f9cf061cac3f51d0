#include "engine/executor.h"

#include <c10/core/InferenceMode.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <pthread.h>
#endif

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/model_output.h"
#include "engine/threads.h"

namespace node_libtorch::engine {
namespace {

// What gdb, perf and top show; the system takes 15 characters.
void name_this_thread(size_t worker) {
  const std::string name = "torch:" + std::to_string(worker);
#if defined(_WIN32)
  SetThreadDescription(GetCurrentThread(), std::wstring(name.begin(), name.end()).c_str());
#elif defined(__APPLE__)
  pthread_setname_np(name.c_str());
#else
  pthread_setname_np(pthread_self(), name.c_str());
#endif
}

// Properties of the thread, which nothing else sets. LibTorch's threads and warnings are ours alone: another
// addon on JavaScript's thread has libraries of its own.
void prepare_this_thread() {
  thread_local bool is_prepared = false;
  if (is_prepared) return;
  is_prepared = true;
  apply_threads_here();
  redirect_warnings_here();
}

}  // namespace

Executor::Executor(size_t workers, size_t max_pending, std::function<void()> on_closed)
    : worker_count_(workers),
      max_pending_(max_pending),
      on_closed_(std::move(on_closed)),
      started_(workers),
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
    const uint64_t id = job.id;
    queue_.push_back(std::move(job));
    places_[id] = std::prev(queue_.end());
  }
  if (pinned) {
    wake_.notify_all();
  } else {
    wake_.notify_one();
  }
  return Submitted::accepted;
}

bool Executor::run_here(const std::function<void()>& run) {
  prepare_this_thread();
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || !queue_.empty() || bounded_outstanding_ > 0) return false;
    ++bounded_outstanding_;
  }
  const auto leave = [this](const void*) {
    const std::lock_guard lock(mutex_);
    --bounded_outstanding_;
  };
  // However it ends, the place is free again.
  const std::unique_ptr<const Executor, decltype(leave)> place(this, leave);
  const c10::InferenceMode guard;
  run();
  return true;
}

bool Executor::cancel(uint64_t id) {
  std::optional<Job> dropped;  // destroyed outside the lock: it owns the inputs
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(id);
  if (found == places_.end()) return false;
  dropped = take_out(found->second);
  if (!dropped->unbounded) --bounded_outstanding_;
  return true;
}

Executor::Busy Executor::busy() {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  Busy busy;
  for (const std::optional<Clock::time_point>& started : started_) {
    if (!started) continue;
    const Clock::duration age = now - *started;
    busy.oldest = std::max(busy.oldest, age);
    busy.youngest = busy.running == 0 ? age : std::min(busy.youngest, age);
    ++busy.running;
  }
  return busy;
}

std::vector<uint64_t> Executor::close() {
  std::list<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(queue_);
    places_.clear();
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

Executor::Job Executor::take_out(std::list<Job>::iterator place) {
  const auto entry = places_.find(place->id);
  if (entry != places_.end() && entry->second == place) places_.erase(entry);
  Job job = std::move(*place);
  queue_.erase(place);
  return job;
}

std::optional<Executor::Job> Executor::take(size_t worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto mine = std::find_if(queue_.begin(), queue_.end(), [worker](const Job& job) {
      return job.worker.value_or(worker) == worker;
    });
    if (mine != queue_.end()) {
      Job job = take_out(mine);
      if (!job.unbounded) started_[worker] = Clock::now();
      return job;
    }
    if (closed_) return std::nullopt;
    wake_.wait(lock);
  }
}

void Executor::finish(size_t worker, const Job& job) {
  if (job.unbounded) return;
  const std::lock_guard lock(mutex_);
  --bounded_outstanding_;
  started_[worker].reset();
}

void Executor::work(size_t worker) {
  name_this_thread(worker);
  prepare_this_thread();
  {
    const c10::InferenceMode guard;
    while (std::optional<Job> job = take(worker)) {
      // An exception that left this function would end the process.
      try {
        job->run(worker);
      } catch (...) {
      }
      finish(worker, *job);
      try {
        if (job->report) job->report();
      } catch (...) {
      }
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
