// Opens LibTorch's libraries by absolute path, before the addon that needs them is loaded. Links no LibTorch, so that it
// can always be loaded itself and say which file failed and why. Plain Node-API: it has two functions and no objects.

#include <dlfcn.h>
#include <node_api.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Request {
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<std::string> libraries;
  std::string failed_file;
  std::string message;
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
};

struct NapiError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void check(napi_status status) {
  if (status != napi_ok) throw NapiError("loader: a Node-API call failed");
}

// The libraries belong to the process, so their state does too: every environment (worker thread) shares it.
std::mutex& mutex() {
  static auto* instance = new std::mutex;
  return *instance;
}
std::set<std::string>& opened() {
  static auto* instance = new std::set<std::string>;
  return *instance;
}

// LibTorch and OpenMP read these once, when they are loaded: afterwards a change would only mislead.
void set_environment(const Request& request) {
  const std::lock_guard<std::mutex> lock(mutex());
  if (!opened().empty()) return;
  for (const auto& [name, value] : request.env) setenv(name.c_str(), value.c_str(), 1);
}

// The handles are never closed: LibTorch does not survive being unmapped.
void open_libraries(Request& request) noexcept {
  const std::lock_guard<std::mutex> lock(mutex());
  for (const auto& path : request.libraries) {
    if (opened().count(path) != 0) continue;
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) {
      const char* reason = dlerror();
      request.failed_file = path;
      request.message = reason != nullptr ? reason : "dlopen failed";
      return;
    }
    opened().insert(path);
  }
}

std::string read_string(napi_env env, napi_value value) {
  size_t length = 0;
  check(napi_get_value_string_utf8(env, value, nullptr, 0, &length));
  std::string text(length, '\0');
  check(napi_get_value_string_utf8(env, value, text.data(), length + 1, &length));
  return text;
}

napi_value element(napi_env env, napi_value array, uint32_t index) {
  napi_value value = nullptr;
  check(napi_get_element(env, array, index, &value));
  return value;
}

napi_value property(napi_env env, napi_value object, const char* name) {
  napi_value value = nullptr;
  check(napi_get_named_property(env, object, name, &value));
  return value;
}

uint32_t length_of(napi_env env, napi_value array) {
  uint32_t length = 0;
  check(napi_get_array_length(env, array, &length));
  return length;
}

// open({ env: { NAME: value }, libraries: [absolute path] })
std::unique_ptr<Request> read_request(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  check(napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr));
  auto request = std::make_unique<Request>();
  const napi_value variables = property(env, argument, "env");
  napi_value names = nullptr;
  check(napi_get_property_names(env, variables, &names));
  for (uint32_t i = 0; i < length_of(env, names); i++) {
    const std::string name = read_string(env, element(env, names, i));
    request->env.emplace_back(name, read_string(env, property(env, variables, name.c_str())));
  }
  const napi_value libraries = property(env, argument, "libraries");
  for (uint32_t i = 0; i < length_of(env, libraries); i++) {
    std::string path = read_string(env, element(env, libraries, i));
    // A bare name would be searched for along the system's paths and could be any file.
    if (path.empty() || path[0] != '/') throw NapiError("loader: expected absolute paths for libraries");
    request->libraries.push_back(std::move(path));
  }
  return request;
}

napi_value text(napi_env env, const std::string& value) {
  napi_value result = nullptr;
  check(napi_create_string_utf8(env, value.c_str(), value.size(), &result));
  return result;
}

napi_value load_error(napi_env env, const Request& request) {
  napi_value error = nullptr;
  check(napi_create_error(env, text(env, "ERR_LIBTORCH_LOAD"), text(env, request.message), &error));
  check(napi_set_named_property(env, error, "file", text(env, request.failed_file)));
  return error;
}

// A C++ exception must not cross into Node; a pending JavaScript one stays what it is.
napi_value rethrow(napi_env env, const std::exception& error) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_type_error(env, "ERR_INVALID_ARGUMENT", error.what());
  return nullptr;
}

napi_value open(napi_env env, napi_callback_info info) {
  try {
    const auto request = read_request(env, info);
    set_environment(*request);
    open_libraries(*request);
    if (!request->failed_file.empty()) check(napi_throw(env, load_error(env, *request)));
    return nullptr;
  } catch (const std::exception& error) {
    return rethrow(env, error);
  }
}

void execute(napi_env, void* data) { open_libraries(*static_cast<Request*>(data)); }

void complete(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Request> request(static_cast<Request*>(data));
  napi_delete_async_work(env, request->work);
  try {
    if (!request->failed_file.empty()) {
      napi_reject_deferred(env, request->deferred, load_error(env, *request));
      return;
    }
    napi_value undefined = nullptr;
    check(napi_get_undefined(env, &undefined));
    napi_resolve_deferred(env, request->deferred, undefined);
  } catch (const std::exception&) {
    // The environment is being torn down: nobody waits for the promise any more.
  }
}

// Uses libuv's pool once, at start-up: mapping and relocating LibTorch takes a few hundred milliseconds.
napi_value open_async(napi_env env, napi_callback_info info) {
  try {
    auto request = read_request(env, info);
    // Here and not in the pool: getenv in another thread must not meet setenv.
    set_environment(*request);
    napi_value promise = nullptr;
    check(napi_create_promise(env, &request->deferred, &promise));
    check(napi_create_async_work(env, nullptr, text(env, "node-libtorch:open"), execute, complete, request.get(),
                                 &request->work));
    check(napi_queue_async_work(env, request->work));
    request.release();  // complete() owns it now
    return promise;
  } catch (const std::exception& error) {
    return rethrow(env, error);
  }
}

napi_value init(napi_env env, napi_value exports) {
  try {
    napi_value open_function = nullptr;
    napi_value open_async_function = nullptr;
    check(napi_create_function(env, "open", NAPI_AUTO_LENGTH, open, nullptr, &open_function));
    check(napi_create_function(env, "openAsync", NAPI_AUTO_LENGTH, open_async, nullptr, &open_async_function));
    check(napi_set_named_property(env, exports, "open", open_function));
    check(napi_set_named_property(env, exports, "openAsync", open_async_function));
    check(napi_set_named_property(env, exports, "torchVersion", text(env, NODE_LIBTORCH_TORCH_VERSION)));
    return exports;
  } catch (const std::exception& error) {
    return rethrow(env, error);
  }
}

}  // namespace

NAPI_MODULE_INIT() { return init(env, exports); }
