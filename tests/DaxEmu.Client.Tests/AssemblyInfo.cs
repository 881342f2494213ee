using Xunit;

// Some tests count the process's descriptors and mappings, and each runs a daemon with a thread that spins.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
