# For those who build with node-gyp: the same CMake build, so that there is one description of the sources.
# Not published, and "gypfile": false in package.json: npm must not run it by itself.
{
  "targets": [
    {
      "target_name": "node_libtorch",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["CMakeLists.txt", "scripts/gyp-build.mjs"],
          "outputs": ["<(PRODUCT_DIR)/node_libtorch.node", "<(PRODUCT_DIR)/loader.node"],
          "action": ["node", "scripts/gyp-build.mjs", "<(PRODUCT_DIR)"]
        }
      ]
    }
  ]
}
