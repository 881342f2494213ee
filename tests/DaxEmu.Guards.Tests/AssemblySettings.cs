using Xunit;

// These tests count descriptors and unmount: a program started by another test at that moment would hold copies of descriptors.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
