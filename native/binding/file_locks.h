// Advisory locks on files, held for as long as the environment lives. The system lets go of them when the
// process ends, however it ends: so a folder whose lock can be had belongs to nobody any more.
#pragma once

#include <set>
#include <string>

namespace node_libtorch::binding {

class FileLocks {
 public:
  FileLocks() = default;
  ~FileLocks();
  FileLocks(const FileLocks&) = delete;
  FileLocks& operator=(const FileLocks&) = delete;

  // Makes the file if need be. -1 when somebody holds it, in this process or another. Throws EngineError.
  int take(const std::string& path);
  // Of a handle that take() gave; others are ignored.
  void release(int handle);

 private:
  std::set<int> handles_;
};

}  // namespace node_libtorch::binding
