// The addon's export table. Loading it needs LibTorch's libraries in the process already (loader.cc).
#include "binding/environment.h"
#include "binding/exports.h"
#include "stay_loaded.h"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  namespace binding = node_libtorch::binding;
  node_libtorch::stay_loaded();
  env.SetInstanceData(new binding::Environment(env));
  binding::export_runtime_functions(env, exports);
  binding::export_model_functions(env, exports);
  binding::export_lock_functions(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(node_libtorch, initialise)
