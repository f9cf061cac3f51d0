// Worker threads of one model, with a bounded queue. Never libuv's pool: four jobs there delay the whole
// process's I/O.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace node_libtorch::engine {

using Clock = std::chrono::steady_clock;

class Executor {
 public:
  struct Job {
    uint64_t id = 0;
    // Runs on a worker, inside InferenceMode and with the intra-op count applied. Must not throw: what it
    // throws is dropped.
    std::function<void(size_t worker)> run;
    // Reports the result. Called on the same worker after the job's place was freed, so that whoever hears of
    // the result finds room for the next job. Must not throw: what it throws is dropped.
    std::function<void()> report;
    // Only this worker may take the job; any when empty.
    std::optional<size_t> worker;
    // Not counted against max_pending (loading).
    bool unbounded = false;
  };

  enum class Submitted { accepted, full, closed };

  // The bounded jobs that are running, by how long they have been: a job that has hung is seen by its age.
  struct Busy {
    size_t running = 0;
    Clock::duration oldest{0};
    Clock::duration youngest{0};
  };

  // Starts `workers` threads; at most `max_pending` bounded jobs wait while every worker is busy. `on_closed`
  // is called by the last of them, as the last thing it does, once close() was called and every running job
  // has ended; whatever the jobs captured is gone by then.
  Executor(size_t workers, size_t max_pending, std::function<void()> on_closed);
  // Threads must have been joined or abandoned before.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  Submitted submit(Job job);
  // Calls `run` on the calling thread as a worker would, in the place of a bounded job, if no job runs or
  // waits and this was not closed. Returns whether it did.
  bool run_here(const std::function<void()>& run);
  // Takes a waiting job out of the queue, in constant time. False when it runs already or is unknown.
  bool cancel(uint64_t id);
  // Never waits for a job.
  Busy busy();
  // Drops what waits and lets the threads end; returns the ids of the dropped jobs. Idempotent.
  std::vector<uint64_t> close();
  // Waits until every thread has ended, then joins them. False when the deadline came first.
  bool join_until(Clock::time_point deadline);
  // Gives up on threads that did not end: they go on alone, and this object must be kept alive for them.
  void abandon();

  size_t workers() const noexcept { return worker_count_; }

 private:
  void work(size_t worker);
  std::optional<Job> take(size_t worker);
  void finish(size_t worker, const Job& job);
  // Under the lock.
  Job take_out(std::list<Job>::iterator place);

  const size_t worker_count_;
  const size_t max_pending_;
  const std::function<void()> on_closed_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable ended_;
  std::list<Job> queue_;
  std::unordered_map<uint64_t, std::list<Job>::iterator> places_;  // of the waiting jobs, by id
  std::vector<std::optional<Clock::time_point>> started_;          // by worker; empty while it is idle
  size_t bounded_outstanding_ = 0;
  size_t running_threads_ = 0;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace node_libtorch::engine
