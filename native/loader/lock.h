#pragma once

#include <node_api.h>

namespace node_libtorch::loader {

// tryLock(fd): 0 when the open file is locked now, -1 when somebody else holds it, otherwise the system's
// error number. The lock belongs to the open file and ends with it, however the process ends.
napi_value try_lock(napi_env env, napi_callback_info info);

}  // namespace node_libtorch::loader
