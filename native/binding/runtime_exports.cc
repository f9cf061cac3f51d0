#include <mutex>

#include "binding/background.h"
#include "binding/environment.h"
#include "binding/exports.h"
#include "binding/guard.h"
#include "binding/json_numbers.h"
#include "binding/value_codec.h"
#include "engine/device/fault.h"
#include "engine/export/operators.h"
#include "engine/model_output.h"
#include "engine/runtime_info.h"
#include "engine/threads.h"

namespace node_libtorch::binding {
namespace {

using engine::DictBuilder;

// As src/engines/runtime.ts. OpenMP ends the process when it cannot start the threads it was told to.
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
    std::call_once(once, engine::redirect_prints);
    Environment::of(env).open(argument(info, 0));
    return {env, encode(env, {describe(in_force)})};
  });
}

engine::Value all_info() {
  engine::Dict dict = engine::runtime_info();
  dict.keys.push_back({std::string("threads")});
  dict.values.push_back({describe(engine::configured_threads())});
  return {std::move(dict)};
}

// runtimeInfo(): what the loaded LibTorch says of itself. The first look for CUDA devices starts its driver,
// which takes a second: for a process that has nothing else to do
Napi::Value runtime_info(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value { return {info.Env(), encode(info.Env(), all_info())}; });
}

// readRuntimeInfo(id): settles with the same
Napi::Value read_runtime_info(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    background(info.Env(), id_of(info.Env(), argument(info, 0)), all_info);
    return info.Env().Undefined();
  });
}

// manualSeed(id, seed): settles when every default generator of the process has the seed
Napi::Value manual_seed(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const napi_env env = info.Env();
    uint64_t seed = 0;
    bool lossless = false;
    if (napi_get_value_bigint_uint64(env, argument(info, 1), &seed, &lossless) != napi_ok || !lossless) {
      throw engine::EngineError("ERR_INVALID_ARGUMENT", "Expected a bigint of 64 bits for the seed");
    }
    // A run that draws numbers holds the generator's lock for as long as that takes.
    background(env, id_of(env, argument(info, 0)), [seed] {
      engine::manual_seed(seed);
      return engine::Value{};
    });
    return info.Env().Undefined();
  });
}

// deviceFailures(): {device: reason}
Napi::Value device_failures(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    DictBuilder failures;
    for (auto& [device, reason] : engine::failed_devices()) failures.add(device, reason);
    return {info.Env(), encode(info.Env(), {failures.build()})};
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

engine::List texts(const auto& given) {
  engine::List list;
  for (const auto& text : given) list.push_back({std::string(text)});
  return list;
}

// exportOperators(): [family, reason, names] of each family of operators that exported programs may call, and
// under "missing" what this LibTorch does not have of them
Napi::Value export_operators(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    engine::List families;
    for (const engine::OperatorFamily& family : engine::operator_families()) {
      families.push_back({engine::List{
          {std::string(family.name)}, {std::string(family.reason)}, {texts(engine::names_of(family))}}});
    }
    DictBuilder found;
    found.add("families", std::move(families)).add("missing", texts(engine::absent_operators()));
    return {info.Env(), encode(info.Env(), {found.build()})};
  });
}

napi_value array_buffer(napi_env env, napi_value value, const char* where) {
  bool is_array_buffer = false;
  check(napi_is_arraybuffer(env, value, &is_array_buffer));
  if (is_array_buffer) return value;
  throw engine::EngineError("ERR_INVALID_ARGUMENT", std::string("Expected an ArrayBuffer for ") + where);
}

// allocateArtifact(count): ArrayBuffer for a model file
Napi::Value allocate_artifact(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const napi_env env = info.Env();
    const int64_t bytes = decode_count(env, argument(info, 0), "bytes", 0, int64_t{1} << 50);
    return {env, Environment::of(env).allocate_artifact(static_cast<size_t>(bytes))};
  });
}

// releaseArtifact(buffer): gives its memory back, once no load reads it
Napi::Value release_artifact(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const napi_env env = info.Env();
    Environment::of(env).release_artifact(array_buffer(env, argument(info, 0), "buffer"));
    return info.Env().Undefined();
  });
}

// isFree(buffer): whether nothing refers to memory of allocateBytes but the buffer itself
Napi::Value is_free(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const napi_env env = info.Env();
    void* data = nullptr;
    check(napi_get_arraybuffer_info(env, array_buffer(env, argument(info, 0), "buffer"), &data, nullptr));
    return Napi::Boolean::New(env, Environment::of(env).is_free(data));
  });
}

// allocateBytes(count): ArrayBuffer that runs read in place
Napi::Value allocate_bytes(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const napi_env env = info.Env();
    const int64_t bytes = decode_count(env, argument(info, 0), "bytes", 0, int64_t{1} << 50);
    return {env, Environment::of(env).allocate_bytes(static_cast<size_t>(bytes))};
  });
}

struct TypedArray {
  void* data;
  size_t length;
};

TypedArray typed_array(napi_env env, napi_value value, napi_typedarray_type type, const char* where) {
  bool is_typed_array = false;
  check(napi_is_typedarray(env, value, &is_typed_array));
  napi_typedarray_type given{};
  TypedArray array{nullptr, 0};
  if (is_typed_array) {
    check(napi_get_typedarray_info(env, value, &given, &array.length, &array.data, nullptr, nullptr));
  }
  if (!is_typed_array || given != type) {
    throw engine::EngineError("ERR_INVALID_ARGUMENT",
                              std::string("Expected another typed array for ") + where);
  }
  return array;
}

// parseNumbers(bytes, begin, out, found): the count, 0 when it is no plain array; found = [end, min, max]
Napi::Value parse_numbers(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const napi_env env = info.Env();
    const TypedArray bytes = typed_array(env, argument(info, 0), napi_uint8_array, "bytes");
    const int64_t begin = decode_count(env, argument(info, 1), "begin", 0, kMaxSafeInteger);
    const TypedArray out = typed_array(env, argument(info, 2), napi_float32_array, "out");
    const TypedArray found = typed_array(env, argument(info, 3), napi_float64_array, "found");
    if (found.length < 3)
      throw engine::EngineError("ERR_INVALID_ARGUMENT", "Expected three numbers for found");
    const std::string_view text(static_cast<const char*>(bytes.data), bytes.length);
    const auto numbers =
        parse_json_numbers(text, static_cast<size_t>(begin), static_cast<float*>(out.data), out.length);
    if (!numbers) return Napi::Number::New(env, 0);
    auto* const said = static_cast<double*>(found.data);
    said[0] = static_cast<double>(numbers->end);
    said[1] = numbers->min;
    said[2] = numbers->max;
    return Napi::Number::New(env, static_cast<double>(numbers->count));
  });
}

// deliver(): the settlements that onSettled was told that there are more of
Napi::Value deliver(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    Environment::of(info.Env()).channel().deliver(info.Env());
    return info.Env().Undefined();
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
  exports.Set("readRuntimeInfo", Napi::Function::New(env, read_runtime_info, "readRuntimeInfo"));
  exports.Set("manualSeed", Napi::Function::New(env, manual_seed, "manualSeed"));
  exports.Set("deviceFailures", Napi::Function::New(env, device_failures, "deviceFailures"));
  exports.Set("dtypes", Napi::Function::New(env, dtypes, "dtypes"));
  exports.Set("exportOperators", Napi::Function::New(env, export_operators, "exportOperators"));
  exports.Set("allocateArtifact", Napi::Function::New(env, allocate_artifact, "allocateArtifact"));
  exports.Set("releaseArtifact", Napi::Function::New(env, release_artifact, "releaseArtifact"));
  exports.Set("isFree", Napi::Function::New(env, is_free, "isFree"));
  exports.Set("allocateBytes", Napi::Function::New(env, allocate_bytes, "allocateBytes"));
  exports.Set("parseNumbers", Napi::Function::New(env, parse_numbers, "parseNumbers"));
  exports.Set("deliver", Napi::Function::New(env, deliver, "deliver"));
  exports.Set("holdLoop", Napi::Function::New(env, hold_loop, "holdLoop"));
  exports.Set("shutdown", Napi::Function::New(env, shutdown, "shutdown"));
}

}  // namespace node_libtorch::binding
