// Empty on purpose: only the soname counts. See CMakeLists.txt.
