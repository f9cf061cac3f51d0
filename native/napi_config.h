// The only include site of <napi.h>, so that every file sees the same configuration.
#pragma once

#ifndef NAPI_VERSION
#error "NAPI_VERSION must be set by the build (CMakeLists.txt)"
#endif
#ifndef NODE_ADDON_API_CPP_EXCEPTIONS_ALL
#error \
    "NODE_ADDON_API_CPP_EXCEPTIONS_ALL must be set: without it a c10::Error out of a callback aborts the process"
#endif
// A worker that is being terminated refuses exceptions; node-addon-api would abort the process then.
#ifndef NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#endif

#include <napi.h>
