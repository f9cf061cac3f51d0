#include "binding/background.h"

#include <memory>
#include <utility>

#include "binding/environment.h"
#include "binding/status.h"
#include "binding/value_codec.h"

namespace node_libtorch::binding {
namespace {

struct Task {
  std::shared_ptr<Channel> channel;
  Envelope envelope;
  std::function<engine::Value()> work;
  napi_async_work handle = nullptr;
};

void execute(napi_env, void* data) {
  auto& [channel, envelope, work, handle] = *static_cast<Task*>(data);
  try {
    envelope.front().value = work();
  } catch (...) {
    envelope.front().error = engine::current_error("ERR_INTERNAL");
  }
}

void complete(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Task> task(static_cast<Task*>(data));
  napi_delete_async_work(env, task->handle);
  task->channel->settle(std::move(task->envelope));
}

}  // namespace

void background(napi_env env, double id, std::function<engine::Value()> work) {
  auto task = std::make_unique<Task>();
  task->channel = Environment::of(env).shared_channel();
  task->envelope.emplace_back().id = id;
  task->work = std::move(work);
  check(napi_create_async_work(env, nullptr, encode_text(env, "node-libtorch"), execute, complete, task.get(),
                               &task->handle));
  check(napi_queue_async_work(env, task->handle));
  task.release();
}

}  // namespace node_libtorch::binding
