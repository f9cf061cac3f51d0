#include "binding/session.h"

#include <ctime>
#include <utility>

#include "engine/aoti/model.h"
#include "engine/export/model.h"
#include "engine/operators.h"

namespace node_libtorch::binding {
namespace {

using engine::Clock;
using engine::DictBuilder;
using engine::EngineError;
using engine::List;
using engine::Value;

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

Value describe(const engine::ModelInfo& info) {
  List methods;
  for (const engine::MethodInfo& method : info.methods) {
    List args;
    for (const engine::ArgumentInfo& argument : method.args) {
      args.push_back({DictBuilder()
                          .add("name", argument.name)
                          .add("type", argument.type)
                          .add("hasDefault", argument.has_default)
                          .build()});
    }
    List returns;
    for (const std::string& type : method.returns) returns.push_back({type});
    methods.push_back({DictBuilder()
                           .add("name", method.name)
                           .add("args", std::move(args))
                           .add("returns", std::move(returns))
                           .build()});
  }
  List warnings;
  for (const std::string& warning : info.warnings) warnings.push_back({warning});
  List bounded_methods;
  for (const std::string& method : info.bounded_methods) bounded_methods.push_back({method});
  List call_spec;
  for (const std::string& tree : info.call_spec) call_spec.push_back({tree});
  return {DictBuilder()
              .add("engine", info.engine)
              .add("device",
                   DictBuilder().add("device", info.device.device).add("reason", info.device.reason).build())
              .add("precision", info.precision)
              .add("optimize", info.optimize)
              .add("methods", std::move(methods))
              .add("stateful", info.stateful)
              .add("statefulReason", info.stateful_reason)
              .add("random", info.random)
              .add("autograd", info.autograd)
              .add("boundedMethods", std::move(bounded_methods))
              .add("parameterBytes", info.parameter_bytes)
              .add("warnings", std::move(warnings))
              .add("callSpec", std::move(call_spec))
              .add("program", info.program.value_or(engine::Value{}).data)
              .build()};
}

// From here on a model leaves enough behind when it is loaded or freed that it is worth looking for.
constexpr int64_t kLargeModel = 16 << 20;

// A job's two halves share its settlement.
struct Work {
  explicit Work(double id) { envelope.front().id = id; }

  Envelope envelope = Envelope(1);
  Clock::time_point submitted = Clock::now();
};

double thread_milliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

template <typename Function>
void measured(Work& work, const char* fallback_code, Function&& function) {
  const Clock::time_point started = Clock::now();
  const double held = thread_milliseconds();
  Settlement& settlement = work.envelope.front();
  settlement.queue_ms = milliseconds(started - work.submitted);
  try {
    settlement.value = function();
  } catch (...) {
    settlement.error = engine::current_error(fallback_code);
  }
  settlement.held_ms = thread_milliseconds() - held;
  settlement.run_ms = milliseconds(Clock::now() - started);
}

// The artifact's bytes go when this ends, however it does.
std::shared_ptr<const engine::Model> load_now(engine::LoadRequest request) {
  const engine::LoadRequest taken = std::move(request);
  engine::open_operator_libraries(taken.operator_libraries);
  if (taken.package) return engine::load_compiled(taken);
  if (taken.program) return engine::load_exported(taken);
  return engine::load_torchscript(taken);
}

EngineError disposed() { return {"ERR_DISPOSED", "The model was disposed"}; }

Envelope envelope_of(double id, std::optional<EngineError> error = std::nullopt) {
  Envelope envelope(1);
  envelope.front().id = id;
  envelope.front().error = std::move(error);
  return envelope;
}

uint64_t job_id(double id) { return static_cast<uint64_t>(id); }

}  // namespace

std::shared_ptr<Session> Session::create(std::shared_ptr<Channel> channel, size_t instances,
                                         size_t max_pending, OnGone on_gone) {
  const std::shared_ptr<Session> session(new Session(std::move(channel), std::move(on_gone)));
  // The executor's last thread speaks through a plain pointer: the environment keeps the session until it
  // has.
  session->executor_ =
      std::make_unique<engine::Executor>(instances, max_pending, [raw = session.get()] { raw->gone(); });
  return session;
}

void Session::load(double id, engine::LoadRequest request) {
  auto work = std::make_shared<Work>(id);
  engine::Executor::Job job;
  job.id = job_id(id);
  job.unbounded = true;
  job.worker = 0;
  job.run = [this, work, request = std::move(request)](size_t) mutable {
    measured(*work, "ERR_MODEL_LOAD", [&] {
      std::shared_ptr<const engine::Model> model = load_now(std::move(request));
      if (model->info().parameter_bytes >= kLargeModel) engine::return_freed_memory();
      Value info = describe(model->info());
      const std::lock_guard lock(mutex_);
      model_ = std::move(model);
      return info;
    });
  };
  job.report = [channel = channel_, work] { channel->settle(std::move(work->envelope)); };
  if (executor_->submit(std::move(job)) != engine::Executor::Submitted::accepted) throw disposed();
}

void Session::run(double id, engine::RunRequest request, std::optional<size_t> worker) {
  auto work = std::make_shared<Work>(id);
  engine::Executor::Job job;
  job.id = job_id(id);
  job.worker = worker;
  job.run = [this, work, request = std::move(request)](size_t) mutable {
    std::shared_ptr<const engine::Model> model;
    {
      const std::lock_guard lock(mutex_);
      model = model_;
    }
    measured(*work, "ERR_MODEL_EXECUTION", [&] {
      if (!model)
        throw EngineError("ERR_NOT_READY",
                          "The model is not loaded: wait for its load to end, and look at its error");
      return model->run(std::move(request));
    });
  };
  job.report = [channel = channel_, work] { channel->settle(std::move(work->envelope)); };
  switch (executor_->submit(std::move(job))) {
    case engine::Executor::Submitted::accepted:
      return;
    case engine::Executor::Submitted::full:
      throw EngineError("ERR_QUEUE_FULL",
                        "The model's queue of waiting runs is full; raise maxPending or send less");
    case engine::Executor::Submitted::closed:
      throw disposed();
  }
}

std::optional<Settlement> Session::run_here(engine::RunRequest request) {
  std::shared_ptr<const engine::Model> model;
  {
    const std::lock_guard lock(mutex_);
    model = model_;
  }
  std::optional<Settlement> settlement;
  if (!model) return settlement;
  executor_->run_here([&] {
    Work work(0);
    measured(work, "ERR_MODEL_EXECUTION", [&] { return model->run(std::move(request)); });
    settlement = std::move(work.envelope.front());
  });
  return settlement;
}

bool Session::cancel(double id) { return executor_->cancel(job_id(id)); }

void Session::close(std::optional<double> id) {
  if (id) {
    const std::lock_guard lock(mutex_);
    if (!gone_) {
      waiting_for_close_.push_back(*id);
      id.reset();
    }
  }
  if (id) {
    channel_->settle(envelope_of(*id));
    return;
  }
  for (const uint64_t dropped : executor_->close()) {
    channel_->settle(envelope_of(static_cast<double>(dropped), disposed()));
  }
}

void Session::gone() {
  {
    // On this worker, outside the lock: freeing a large model takes time that the event loop has not.
    std::shared_ptr<const engine::Model> model;
    {
      const std::lock_guard lock(mutex_);
      model.swap(model_);
    }
    const bool freed = model && model->info().parameter_bytes >= kLargeModel;
    model.reset();
    if (freed) engine::return_freed_memory();
  }
  std::vector<double> waiting;
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    waiting.swap(waiting_for_close_);
  }
  Envelope last = envelope_of(-1);  // nobody's: it carries the farewell
  last.front().before = [self = shared_from_this()](napi_env env) { self->on_gone_(env, self); };
  channel_->settle(std::move(last));
  for (const double id : waiting) channel_->settle(envelope_of(id));
}

}  // namespace node_libtorch::binding
