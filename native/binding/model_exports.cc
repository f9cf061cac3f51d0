#include <cstring>
#include <random>

#include "binding/environment.h"
#include "binding/exports.h"
#include "binding/flat_call.h"
#include "binding/guard.h"
#include "binding/value_codec.h"

namespace node_libtorch::binding {
namespace {

using engine::EngineError;

// Marks our handles, so that no other wrapped object is ever taken for one. Random, because two copies of
// this addon may live in one process.
const napi_type_tag& handle_tag() {
  static const napi_type_tag tag = [] {
    std::random_device random;
    const auto word = [&] { return static_cast<uint64_t>(random()) << 32 | random(); };
    return napi_type_tag{word(), word()};
  }();
  return tag;
}

using Handle = std::shared_ptr<Session>;

Session& session_of(napi_env env, napi_value object) {
  bool ours = false;
  napi_valuetype type = napi_undefined;
  check(napi_typeof(env, object, &type));
  if (type == napi_object) check(napi_check_object_type_tag(env, object, &handle_tag(), &ours));
  if (!ours) throw EngineError("ERR_INVALID_ARGUMENT", "Expected a native model handle");
  void* handle = nullptr;
  check(napi_unwrap(env, object, &handle));
  return **static_cast<Handle*>(handle);
}

// As src/model/options.ts. Every instance is a thread.
constexpr int64_t kMaxInstances = 256;
constexpr int64_t kMaxPending = 1'000'000;

std::string text_member(napi_env env, napi_value object, const char* name) {
  return decode_text(env, member(env, object, name), name);
}

std::vector<std::string> text_list(napi_env env, napi_value array, const char* name) {
  std::vector<std::string> texts;
  for (engine::Value& item : decode_list(env, array, name)) {
    auto* text = std::get_if<std::string>(&item.data);
    if (text == nullptr)
      throw EngineError("ERR_INVALID_ARGUMENT", std::string("Expected strings for ") + name);
    texts.push_back(std::move(*text));
  }
  return texts;
}

// createModel(instances, maxPending): handle
Napi::Value create_model(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const napi_env env = info.Env();
    const auto instances =
        static_cast<size_t>(decode_count(env, argument(info, 0), "instances", 1, kMaxInstances));
    const auto max_pending =
        static_cast<size_t>(decode_count(env, argument(info, 1), "maxPending", 0, kMaxPending));
    napi_value object = nullptr;
    check(napi_create_object(env, &object));
    auto handle = std::make_unique<Handle>(Environment::of(env).create_session(instances, max_pending));
    // A forgotten model is closed, never waited for: finalizers run on the JavaScript thread.
    const auto finalize = [](napi_env, void* data, void*) {
      const std::unique_ptr<Handle> dropped(static_cast<Handle*>(data));
      (*dropped)->close(std::nullopt);
    };
    check(napi_wrap(env, object, handle.get(), finalize, nullptr, nullptr));
    handle.release();
    check(napi_type_tag_object(env, object, &handle_tag()));
    return {env, object};
  });
}

// load(id, handle, options)
Napi::Value load(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const napi_env env = info.Env();
    Session& session = session_of(env, argument(info, 1));
    const napi_value options = argument(info, 2);
    napi_valuetype type = napi_undefined;
    check(napi_typeof(env, options, &type));
    if (type != napi_object) throw EngineError("ERR_INVALID_ARGUMENT", "Expected an object of load options");
    const napi_value bytes = member(env, options, "bytes");
    bool is_array_buffer = false;
    check(napi_is_arraybuffer(env, bytes, &is_array_buffer));
    if (!is_array_buffer) throw EngineError("ERR_INVALID_ARGUMENT", "Expected an ArrayBuffer for bytes");
    engine::LoadRequest request;
    void* data = nullptr;
    check(napi_get_arraybuffer_info(env, bytes, &data, &request.size));
    request.owner = Environment::of(env).artifact_reader(data);
    if (request.owner) {
      request.bytes = static_cast<const uint8_t*>(data);
    } else {
      request.owner = engine::allocate_tensor_memory(request.size);
      if (request.size > 0) std::memcpy(request.owner.get(), data, request.size);
      request.bytes = static_cast<const uint8_t*>(request.owner.get());
    }
    request.device = text_member(env, options, "device");
    request.precision = text_member(env, options, "precision");
    request.output_dtype = text_member(env, options, "outputDtype");
    request.optimize = text_member(env, options, "optimize");
    const std::string autograd = text_member(env, options, "autograd");
    if (autograd != "auto") request.autograd = autograd == "on";
    request.operator_libraries =
        text_list(env, member(env, options, "operatorLibraries"), "operatorLibraries");
    request.instances = session.instances();
    const napi_value package = member(env, options, "package");
    check(napi_typeof(env, package, &type));
    if (type != napi_undefined) {
      request.package = engine::read_compiled_package(decode(env, package, "package"));
    }
    const napi_value program = member(env, options, "program");
    check(napi_typeof(env, program, &type));
    if (type != napi_undefined) {
      request.program = engine::read_exported_package(decode(env, program, "program"), request.size);
    }
    session.load(id_of(env, argument(info, 0)), std::move(request));
    return info.Env().Undefined();
  });
}

// run(id, handle, method, args, worker | -1, scratch); an argument that is undefined takes its default
Napi::Value run(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const napi_env env = info.Env();
    Session& session = session_of(env, argument(info, 1));
    engine::RunRequest request;
    request.method = decode_text(env, argument(info, 2), "method");
    request.args = decode_arguments(env, argument(info, 3));
    const int64_t worker = decode_count(env, argument(info, 4), "worker", -1, kMaxInstances - 1);
    request.scratch = decode_flag(env, argument(info, 5), "scratch");
    std::optional<size_t> pinned;
    if (worker >= 0) pinned = static_cast<size_t>(worker) % session.instances();
    session.run(id_of(env, argument(info, 0)), std::move(request), pinned);
    return info.Env().Undefined();
  });
}

// runHere(handle, method, args): [error or null, value, runMs, heldMs], or undefined where it has to be `run`
Napi::Value run_here(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const napi_env env = info.Env();
    Session& session = session_of(env, argument(info, 0));
    engine::RunRequest request;
    request.method = decode_text(env, argument(info, 1), "method");
    request.args = decode_arguments(env, argument(info, 2));
    std::optional<Settlement> settlement = session.run_here(std::move(request));
    if (!settlement) return info.Env().Undefined();
    return {env, encode_outcome(env, *settlement)};
  });
}

// runTensors(handle, method, numbers, bytes, ...data): as runHere, where all arguments are tensors
// (flat_call.h). A result that is one tensor and has room in `bytes` is written there, and the answer is
// true.
Napi::Value run_tensors(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const napi_env env = info.Env();
    Session& session = session_of(env, argument(info, 0));
    engine::RunRequest request;
    request.method = decode_text(env, argument(info, 1), "method");
    request.args = decode_flat(info, argument(info, 2), 4);
    std::optional<Settlement> settlement = session.run_here(std::move(request));
    if (!settlement) return info.Env().Undefined();
    if (encode_flat(env, *settlement, argument(info, 2), argument(info, 3))) {
      return Napi::Boolean::New(env, true);
    }
    return {env, encode_outcome(env, *settlement)};
  });
}

// cancel(id, handle): whether it had not started
Napi::Value cancel(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    Session& session = session_of(info.Env(), argument(info, 1));
    return Napi::Boolean::New(info.Env(), session.cancel(id_of(info.Env(), argument(info, 0))));
  });
}

// busy(handle): how many runs there are in execution, and the milliseconds of the oldest and of the youngest
Napi::Value busy(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    const engine::Executor::Busy busy = session_of(info.Env(), argument(info, 0)).executor().busy();
    engine::List numbers{{static_cast<int64_t>(busy.running)},
                         {Milliseconds(busy.oldest).count()},
                         {Milliseconds(busy.youngest).count()}};
    return {info.Env(), encode(info.Env(), {std::move(numbers)})};
  });
}

// dispose(id, handle)
Napi::Value dispose(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    session_of(info.Env(), argument(info, 1)).close(id_of(info.Env(), argument(info, 0)));
    return info.Env().Undefined();
  });
}

// reportMemory(handle, bytes): tells V8 what the model holds outside its heap
Napi::Value report_memory(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    Session& session = session_of(info.Env(), argument(info, 0));
    // V8 ends the process when it is told of more than it thinks possible.
    const int64_t bytes = decode_count(info.Env(), argument(info, 1), "bytes", 0, int64_t{1} << 50);
    int64_t now = 0;
    check(napi_adjust_external_memory(info.Env(), bytes - session.reported_bytes, &now));
    session.reported_bytes = bytes;
    return info.Env().Undefined();
  });
}

}  // namespace

void export_model_functions(Napi::Env env, Napi::Object exports) {
  exports.Set("createModel", Napi::Function::New(env, create_model, "createModel"));
  exports.Set("load", Napi::Function::New(env, load, "load"));
  exports.Set("run", Napi::Function::New(env, run, "run"));
  exports.Set("runHere", Napi::Function::New(env, run_here, "runHere"));
  exports.Set("runTensors", Napi::Function::New(env, run_tensors, "runTensors"));
  exports.Set("cancel", Napi::Function::New(env, cancel, "cancel"));
  exports.Set("busy", Napi::Function::New(env, busy, "busy"));
  exports.Set("dispose", Napi::Function::New(env, dispose, "dispose"));
  exports.Set("reportMemory", Napi::Function::New(env, report_memory, "reportMemory"));
}

}  // namespace node_libtorch::binding
