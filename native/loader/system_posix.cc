#include "loader/system.h"

#ifndef _WIN32

#include <dlfcn.h>

#include <cstdlib>

namespace node_libtorch::loader {

// RTLD_LOCAL is enough: a compiled package names libtorch.so and libtorch_cpu.so as its needs, finds both by
// soname, and looks symbols up in what it needs.
void* open_library(const std::string& path, std::string* reason) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return handle;
  const char* text = dlerror();
  *reason = text != nullptr ? text : "dlopen failed";
  return nullptr;
}

void close_library(void* library) { dlclose(library); }

bool is_resident(const std::string& path) {
  void* resident = dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (resident == nullptr) return false;
  dlclose(resident);
  return true;
}

bool is_absolute(const std::string& path) { return path.rfind('/', 0) == 0; }

void set_variable(const std::string& name, const std::string& value) {
  setenv(name.c_str(), value.c_str(), 1);
}

}  // namespace node_libtorch::loader

#endif
