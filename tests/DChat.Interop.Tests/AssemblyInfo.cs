// Most of a test's time is another process's, and one class waits 40 s for nothing to happen.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
