// A worker that was here before.
