#include "binding/environment.h"
#include "binding/exports.h"
#include "binding/guard.h"
#include "binding/value_codec.h"
#include "engine/error.h"

namespace node_libtorch::binding {
namespace {

// lockFile(path): handle, or -1 when somebody holds it
Napi::Value lock_file(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const std::string path = decode_text(info.Env(), argument(info, 0), "path");
    // A relative one would be looked for wherever the process stands.
    if (path.rfind('/', 0) != 0 || path.find('\0') != std::string::npos) {
      throw engine::EngineError("ERR_INVALID_ARGUMENT", "Expected an absolute path of a lock file");
    }
    return Napi::Number::New(info.Env(), Environment::of(info.Env()).locks().take(path));
  });
}

// unlockFile(handle)
Napi::Value unlock_file(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const int64_t handle = decode_count(info.Env(), argument(info, 0), "handle", 0, INT32_MAX);
    Environment::of(info.Env()).locks().release(static_cast<int>(handle));
    return info.Env().Undefined();
  });
}

}  // namespace

void export_lock_functions(Napi::Env env, Napi::Object exports) {
  exports.Set("lockFile", Napi::Function::New(env, lock_file, "lockFile"));
  exports.Set("unlockFile", Napi::Function::New(env, unlock_file, "unlockFile"));
}

}  // namespace node_libtorch::binding
