// Opens LibTorch's libraries by absolute path, before the addon that needs them is loaded. Links no LibTorch,
// so that it can always be loaded itself and say which file failed and why. It locks files too, for who needs
// no LibTorch for it: the model registry. Plain Node-API: it has two functions and no objects.

#include <node_api.h>

#include <memory>

#include "loader/libraries.h"
#include "loader/lock.h"
#include "loader/values.h"
#include "stay_loaded.h"

namespace {

using namespace node_libtorch::loader;

struct Task {
  Request request;
  Outcome outcome;
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
};

void execute(napi_env, void* data) {
  auto* task = static_cast<Task*>(data);
  task->outcome = load(task->request);
}

void complete(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Task> task(static_cast<Task*>(data));
  napi_delete_async_work(env, task->work);
  try {
    if (task->outcome.failure)
      check(napi_reject_deferred(env, task->deferred, load_error(env, task->outcome)));
    else
      check(napi_resolve_deferred(env, task->deferred, loaded_object(env, task->outcome.loaded)));
  } catch (const std::exception&) {
    // The environment is being torn down: the promise has no listeners any more.
  }
}

// Takes a thread of libuv's pool once, at start-up: mapping and relocating LibTorch lasts a few hundred
// milliseconds.
napi_value open(napi_env env, napi_callback_info info) {
  try {
    auto task = std::make_unique<Task>();
    task->request = read_request(env, info);
    // Here and not in the pool: setenv must not meet a getenv of this thread.
    set_environment(task->request);
    napi_value promise = nullptr;
    check(napi_create_promise(env, &task->deferred, &promise));
    const napi_value name = text(env, "node-libtorch:open");
    check(napi_create_async_work(env, nullptr, name, execute, complete, task.get(), &task->work));
    check(napi_queue_async_work(env, task->work));
    task.release();  // complete() owns it now
    return promise;
  } catch (const std::exception& error) {
    return rethrow(env, error);
  }
}

void add_function(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  check(napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function));
  check(napi_set_named_property(env, exports, name, function));
}

napi_value init(napi_env env, napi_value exports) {
  try {
    node_libtorch::stay_loaded();
    add_function(env, exports, "open", open);
    add_function(env, exports, "tryLock", try_lock);
    check(napi_set_named_property(env, exports, "torchVersion", text(env, NODE_LIBTORCH_TORCH_VERSION)));
    return exports;
  } catch (const std::exception& error) {
    return rethrow(env, error);
  }
}

}  // namespace

NAPI_MODULE_INIT() { return init(env, exports); }
