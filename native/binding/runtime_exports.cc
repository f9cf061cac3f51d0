#include <mutex>

#include "../engine/runtime_info.h"
#include "../engine/threads.h"
#include "environment.h"
#include "exports.h"
#include "guard.h"
#include "value_codec.h"

namespace node_libtorch::binding {
namespace {

using engine::DictBuilder;

// As src/runtime/runtime.ts. OpenMP ends the process when it cannot start the threads it was told to.
constexpr int64_t kMaxThreads = 1024;

engine::Dict describe(engine::ThreadCounts counts) {
  return DictBuilder()
      .add("intraOp", static_cast<int64_t>(counts.intra_op))
      .add("interOp", static_cast<int64_t>(counts.inter_op))
      .build();
}

// initialise(onSettled, intraOpThreads, interOpThreads): the counts in force in the process
Napi::Value initialise(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const napi_env env = info.Env();
    napi_valuetype type = napi_undefined;
    check(napi_typeof(env, argument(info, 0), &type));
    if (type != napi_function) {
      throw engine::EngineError("ERR_INVALID_ARGUMENT", "Expected a function for onSettled");
    }
    const engine::ThreadCounts wanted{
        static_cast<int>(decode_count(env, argument(info, 1), "intraOpThreads", 1, kMaxThreads)),
        static_cast<int>(decode_count(env, argument(info, 2), "interOpThreads", 1, kMaxThreads))};
    const engine::ThreadCounts in_force = engine::configure_threads(wanted);
    static std::once_flag once;
    std::call_once(once, engine::redirect_model_output);
    Environment::of(env).open(argument(info, 0));
    return {env, encode(env, {describe(in_force)})};
  });
}

// runtimeInfo()
Napi::Value runtime_info(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    engine::Dict dict = engine::runtime_info();
    dict.keys.push_back({std::string("threads")});
    dict.values.push_back({describe(engine::configured_threads())});
    return {info.Env(), encode(info.Env(), {std::move(dict)})};
  });
}

// dtypes(): [name, bytes] of each
Napi::Value dtypes(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    engine::List rows;
    for (size_t i = 0; i < engine::kDTypeCount; ++i) {
      const auto dtype = static_cast<engine::DType>(i);
      rows.push_back({engine::List{{std::string(engine::dtype_name(dtype))},
                                   {static_cast<int64_t>(engine::dtype_bytes(dtype))}}});
    }
    return {info.Env(), encode(info.Env(), {std::move(rows)})};
  });
}

// allocateBytes(count): ArrayBuffer whose memory a load can keep alive by itself
Napi::Value allocate_bytes(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const napi_env env = info.Env();
    const int64_t bytes = decode_count(env, argument(info, 0), "bytes", 0, int64_t{1} << 50);
    return {env, Environment::of(env).allocate_bytes(static_cast<size_t>(bytes))};
  });
}

// holdLoop(hold)
Napi::Value hold_loop(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const bool hold = decode_flag(info.Env(), argument(info, 0), "hold");
    Environment::of(info.Env()).channel().hold_loop(hold);
    return info.Env().Undefined();
  });
}

// shutdown(): ends every model of this environment, waiting at most 5 s for what runs
Napi::Value shutdown(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    Environment::of(info.Env()).shut();
    return info.Env().Undefined();
  });
}

}  // namespace

void export_runtime_functions(Napi::Env env, Napi::Object exports) {
  exports.Set("initialise", Napi::Function::New(env, initialise, "initialise"));
  exports.Set("runtimeInfo", Napi::Function::New(env, runtime_info, "runtimeInfo"));
  exports.Set("dtypes", Napi::Function::New(env, dtypes, "dtypes"));
  exports.Set("allocateBytes", Napi::Function::New(env, allocate_bytes, "allocateBytes"));
  exports.Set("holdLoop", Napi::Function::New(env, hold_loop, "holdLoop"));
  exports.Set("shutdown", Napi::Function::New(env, shutdown, "shutdown"));
}

}  // namespace node_libtorch::binding
