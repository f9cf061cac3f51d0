// The way back from worker threads to one JavaScript environment: a queue of settlements and one
// thread-safe-function call for as many of them as have gathered.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "engine/error.h"
#include "engine/value.h"
#include "napi_config.h"

namespace node_libtorch::binding {

// What became of the operation `id`. Ids are given out by JavaScript.
struct Settlement {
  double id = 0;
  std::optional<engine::EngineError> error;
  engine::Value value;
  double queue_ms = 0;
  double run_ms = 0;
  // What the work took of its thread: a busy machine may have kept it waiting besides.
  double held_ms = 0;
  // Runs on the JavaScript thread before the settlement is delivered.
  std::function<void(napi_env)> before;
};

// [error or null, value, run_ms, held_ms] of a settlement that was not waited for. Throws NapiFailure.
napi_value encode_outcome(napi_env env, Settlement& settlement);

// One settlement, in the node that the channel's list takes over: made before the work begins, so that
// telling of its end needs no memory and cannot fail.
using Envelope = std::list<Settlement>;

class Channel {
 public:
  // On the JavaScript thread. `on_settled` is called with a flat group of sixes (id, error or null, value,
  // queueMs, runMs, heldMs) and whether there is more, which deliver() brings in another turn of the event
  // loop.
  Channel(napi_env env, napi_value on_settled);

  // From any thread. Dropped when the environment is gone.
  void settle(Envelope envelope) noexcept;
  // On the JavaScript thread. Delivers the next group, after onSettled was told `more`.
  void deliver(napi_env env);
  // On the JavaScript thread: whether waiting settlements keep the event loop alive.
  void hold_loop(bool hold);
  // On the JavaScript thread, from the environment's clean-up: nothing is delivered from here on.
  void shut();

 private:
  static void on_call(napi_env env, napi_value callback, void* context, void* data);
  // Leaves in `settled` what JavaScript was not told of when it throws.
  void hand_over(napi_env env, Envelope& settled, bool more);
  void call() noexcept;

  const napi_env env_;
  napi_ref on_settled_ = nullptr;
  napi_threadsafe_function function_ = nullptr;
  std::mutex mutex_;
  Envelope settled_;
  bool called_ = false;  // a call is under way for everything that gathers until it is served
  bool alive_ = true;
};

}  // namespace node_libtorch::binding
