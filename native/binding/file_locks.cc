#include "binding/file_locks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/error.h"

namespace node_libtorch::binding {

FileLocks::~FileLocks() {
  for (const int handle : handles_) close(handle);
}

int FileLocks::take(const std::string& path) {
  const int handle = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (handle < 0) {
    throw engine::EngineError("ERR_MODEL_LOAD",
                              std::string("Expected to open a lock file but received ") + strerror(errno));
  }
  // Not fcntl's locks: those belong to the process, and two environments of one would share them.
  if (flock(handle, LOCK_EX | LOCK_NB) != 0) {
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
