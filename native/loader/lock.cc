#include "loader/lock.h"

#include <cerrno>
#include <cstdint>
#include <exception>

#include "loader/values.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <sys/file.h>
#endif

namespace node_libtorch::loader {
namespace {

constexpr int32_t held_by_another = -1;

#ifdef _WIN32
// A descriptor is a number in the table of node.exe's own C runtime, so node.exe is asked. Its libuv is no
// part of Node-API's import library.
HANDLE file_of(int32_t fd) {
  using GetFile = HANDLE (*)(int);
  const auto get = reinterpret_cast<GetFile>(
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(nullptr), "uv_get_osfhandle")));
  return get != nullptr ? get(fd) : INVALID_HANDLE_VALUE;
}

// Windows keeps everybody from reading what is locked, so a byte far behind the end is.
int32_t take(int32_t fd) {
  OVERLAPPED place = {};
  place.OffsetHigh = 0x40000000;
  const HANDLE file = file_of(fd);
  if (LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place)) return 0;
  return GetLastError() == ERROR_LOCK_VIOLATION ? held_by_another : EIO;
}
#else
// flock, not fcntl: its locks belong to the open file, so they also exclude the threads of one process, and
// closing another descriptor of the file does not end them.
int32_t take(int32_t fd) {
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    return errno == EWOULDBLOCK ? held_by_another : errno;
  }
  return 0;
}
#endif

}  // namespace

napi_value try_lock(napi_env env, napi_callback_info info) {
  try {
    size_t count = 1;
    napi_value argument = nullptr;
    check(napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr));
    int32_t fd = -1;
    check(napi_get_value_int32(env, argument, &fd));
    napi_value result = nullptr;
    check(napi_create_int32(env, take(fd), &result));
    return result;
  } catch (const std::exception& error) {
    return rethrow(env, error);
  }
}

}  // namespace node_libtorch::loader
