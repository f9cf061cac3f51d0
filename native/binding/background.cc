#include "binding/background.h"

#include <memory>
#include <utility>

#include "binding/environment.h"

namespace node_libtorch::binding {

void background(napi_env env, double id, std::function<engine::Value()> work) {
  Environment& environment = Environment::of(env);
  const auto envelope = std::make_shared<Envelope>(1);
  envelope->front().id = id;
  engine::Executor::Job job;
  job.id = static_cast<uint64_t>(id);
  job.unbounded = true;
  job.run = [envelope, work = std::move(work)](size_t) {
    try {
      envelope->front().value = work();
    } catch (...) {
      envelope->front().error = engine::current_error("ERR_INTERNAL");
    }
  };
  job.report = [channel = environment.shared_channel(), envelope] { channel->settle(std::move(*envelope)); };
  if (environment.background().submit(std::move(job)) != engine::Executor::Submitted::accepted) {
    throw engine::EngineError("ERR_DISPOSED",
                              "The environment is shut down; nothing more can be asked of it");
  }
}

}  // namespace node_libtorch::binding
