// What opening LibTorch asks of the system. POSIX and Windows have a file each.
#pragma once

#include <optional>
#include <string>

namespace node_libtorch::loader {

// Opens a library by its absolute path; null on failure, with the system's reason in `reason`.
void* open_library(const std::string& path, std::string* reason);

void close_library(void* library);

// Whether a library of this path (or, for a bare name, of this name) is in the process.
bool is_resident(const std::string& path);

bool is_absolute(const std::string& path);

// Sets a variable where the C library of LibTorch's libraries reads it.
void set_variable(const std::string& name, const std::string& value);

}  // namespace node_libtorch::loader
