#include "binding/file_locks.h"

#include <fcntl.h>
#ifdef _WIN32
#include <io.h>
#include <sys/stat.h>
#include <windows.h>
#else
#include <sys/file.h>
#include <unistd.h>
#endif

#include <cerrno>
#include <cstring>

#include "engine/error.h"
#include "wide.h"

namespace node_libtorch::binding {
namespace {

#ifdef _WIN32
int open_for_locking(const std::string& path) {
  return _wopen(wide(path).c_str(), _O_RDWR | _O_CREAT | _O_BINARY | _O_NOINHERIT, _S_IREAD | _S_IWRITE);
}
bool lock(int handle) {
  OVERLAPPED place = {};
  constexpr DWORD kFlags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
  return LockFileEx(reinterpret_cast<HANDLE>(_get_osfhandle(handle)), kFlags, 0, 1, 0, &place) != 0;
}
void close(int handle) { _close(handle); }
#else
int open_for_locking(const std::string& path) {
  return open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}
// Not fcntl's locks: those belong to the process, and two environments of one would share them.
bool lock(int handle) { return flock(handle, LOCK_EX | LOCK_NB) == 0; }
#endif

}  // namespace

FileLocks::~FileLocks() {
  for (const int handle : handles_) close(handle);
}

int FileLocks::take(const std::string& path) {
  const int handle = open_for_locking(path);
  if (handle < 0) {
    throw engine::EngineError("ERR_MODEL_LOAD",
                              std::string("Expected to open a lock file but received ") + strerror(errno));
  }
  if (!lock(handle)) {
    close(handle);
    return -1;
  }
  handles_.insert(handle);
  return handle;
}

void FileLocks::release(int handle) {
  if (handles_.erase(handle) > 0) close(handle);
}

}  // namespace node_libtorch::binding
