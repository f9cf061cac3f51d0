// Checked Node-API calls for code that must survive an environment that is going down: a failed call is an
// exception of ours, never a Napi::Error, whose construction and throwing may themselves be refused then.
#pragma once

#include "napi_config.h"

namespace node_libtorch::binding {

struct NapiFailure {
  napi_status status;
};

inline void check(napi_status status) {
  if (status != napi_ok) throw NapiFailure{status};
}

// Closed on every way out: Node asserts that a callback leaves as many scopes as it found.
class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) { check(napi_open_handle_scope(env, &scope_)); }
  ~HandleScope() { napi_close_handle_scope(env_, scope_); }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

}  // namespace node_libtorch::binding
