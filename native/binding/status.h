// Checked Node-API calls for code that must survive an environment that is going down: a failed call is an
// exception of ours, never a Napi::Error, whose construction and throwing may themselves be refused then.
#pragma once

#include "../napi_config.h"

namespace node_libtorch::binding {

struct NapiFailure {
  napi_status status;
};

inline void check(napi_status status) {
  if (status != napi_ok) throw NapiFailure{status};
}

}  // namespace node_libtorch::binding
