// One model of one environment: its worker threads, and the model once it is loaded.
#pragma once

#include <memory>

#include "binding/channel.h"
#include "engine/executor.h"
#include "engine/model.h"

namespace node_libtorch::binding {

class Session : public std::enable_shared_from_this<Session> {
 public:
  // `on_gone` runs on the JavaScript thread once the model is freed and its threads are about to end.
  using OnGone = std::function<void(napi_env, const std::shared_ptr<Session>&)>;

  static std::shared_ptr<Session> create(std::shared_ptr<Channel> channel, size_t instances,
                                         size_t max_pending, OnGone on_gone);

  // Loads on the first worker; settles `id` with the model's info.
  void load(double id, engine::LoadRequest request);
  // Throws ERR_QUEUE_FULL or ERR_DISPOSED. Settles `id` with the result. `worker` pins the run to one
  // instance.
  void run(double id, engine::RunRequest request, std::optional<size_t> worker);
  // Runs on this thread, JavaScript's, if nothing of the model runs or waits; empty otherwise, and the
  // request is not touched then. For runs that are known to be short: the event loop waits for them.
  std::optional<Settlement> run_here(engine::RunRequest request);
  // False when the run has started or ended.
  bool cancel(double id);
  // Settles the ids of waiting runs with ERR_DISPOSED, and `id` when the model is freed. Idempotent; later
  // ids settle too.
  void close(std::optional<double> id);

  engine::Executor& executor() { return *executor_; }
  size_t instances() const { return executor_->workers(); }
  // On the JavaScript thread only: bytes reported to V8.
  int64_t reported_bytes = 0;

 private:
  Session(std::shared_ptr<Channel> channel, OnGone on_gone)
      : channel_(std::move(channel)), on_gone_(std::move(on_gone)) {}
  void gone();

  const std::shared_ptr<Channel> channel_;
  const OnGone on_gone_;
  std::mutex mutex_;
  std::shared_ptr<const engine::Model> model_;
  std::vector<double> waiting_for_close_;
  bool gone_ = false;
  std::unique_ptr<engine::Executor> executor_;
};

}  // namespace node_libtorch::binding
