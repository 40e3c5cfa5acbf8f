"""The fast engine's compiled code, from vectors (`simd`) to whole training steps (`training_step`)."""
