#include "engine/operators.h"

#ifndef _WIN32
#include <dlfcn.h>
#include <sys/stat.h>
#endif

#include <mutex>
#include <optional>

#include "engine/error.h"
#include "engine/export/operators.h"
#include "engine/library_fault.h"
#include "engine/rehearsal.h"

namespace node_libtorch::engine {
namespace {

struct Library {
  std::string path;
#ifndef _WIN32
  dev_t device;
  ino_t file;
#endif
};

struct Opened {
  // Held while a library is opened, for as long as its initializers run. Only its holder adds to the list.
  std::mutex opening;
  // Held for moments: the JavaScript thread takes it to read the list.
  std::mutex reading;
  std::vector<Library> libraries;
};

Opened& opened() {
  static auto* instance = new Opened;  // a thread that was left behind may still be in it
  return *instance;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw EngineError("ERR_OPERATOR_LIBRARY", "The operator library " + path + " " + why);
}

#ifdef _WIN32
// Windows has no rehearsal, and nobody has tried it there.
Library identify(const std::string& path) { refuse(path, "cannot be opened: Windows is not supported"); }
bool is_open(const Library&, const std::vector<Library>&) { return false; }
void open(const std::string&) {}
#else
Library identify(const std::string& path) {
  if (path.empty() || path.front() != '/') refuse(path, "was not named by an absolute path");
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) refuse(path, "does not exist or cannot be read");
  if (!S_ISREG(status.st_mode)) refuse(path, "is not a regular file");
  return {path, status.st_dev, status.st_ino};
}

// Whether the very file is open. A path that has become another file is refused: the linker would take it for
// the old one.
bool is_open(const Library& wanted, const std::vector<Library>& libraries) {
  for (const Library& library : libraries) {
    if (library.device == wanted.device && library.file == wanted.file) return true;
    if (library.path == wanted.path)
      refuse(wanted.path, "was replaced since it was opened; restart the process");
  }
  return false;
}

void open(const std::string& path) {
  // What its initializers throw would end the process, or leave the linker's lock held.
  if (const std::optional<std::string> fault = rehearse_opening(path))
    refuse(path, explain_library_fault(*fault));
  // LOCAL: operators are found by their registration, and what the library needs of LibTorch by its own list
  // of needed libraries. Never closed: LibTorch keeps pointers to what it registered.
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) != nullptr) return;
  const char* reason = dlerror();
  refuse(path, explain_library_fault(reason != nullptr ? reason : "dlopen failed"));
}
#endif

}  // namespace

void open_operator_libraries(const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  is_pytorch_namespace("aten");  // looks at what is there before
  const std::lock_guard lock(opened().opening);
  for (const std::string& path : paths) {
    const Library library = identify(path);
    if (is_open(library, opened().libraries)) continue;
    open(path);
    const std::lock_guard adding(opened().reading);
    opened().libraries.push_back(library);
  }
}

std::vector<std::string> operator_libraries() {
  const std::lock_guard lock(opened().reading);
  std::vector<std::string> paths;
  for (const Library& library : opened().libraries) paths.push_back(library.path);
  return paths;
}

}  // namespace node_libtorch::engine
