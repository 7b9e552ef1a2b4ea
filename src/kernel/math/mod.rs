//! Element-wise work: expressions, casts, clips.
