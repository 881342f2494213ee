using Xunit;

namespace DaxEmu.Conformance;

/// <summary>What a program may register, with libibverbs and data that is checked byte by byte: programs/memory_kinds.c.</summary>
public sealed class MemoryTests(Machine machine)
{
    [Theory]
    [InlineData("heap", "memory from malloc is shared in place, at any address and size")]
    [InlineData("anonymous", "memory from mmap is shared in place")]
    [InlineData("statics", "initialised and uninitialised variables are shared in place")]
    [InlineData("read-only", "read-only memory can be registered for reading alone: EFAULT otherwise")]
    [InlineData("shared-file", "a mapped file is registered as the file that it is")]
    [InlineData("memory-file", "a memfd is found among the program's descriptors")]
    [InlineData("stack", "the registering thread's stack is reached where it is")]
    [InlineData("thread-stack", "so is the stack of a thread that is not the first")]
    [InlineData("other-stack", "so is that of another thread, which goes on, and may fork")]
    [InlineData("every-operation", "every operation reaches memory that cannot be mapped")]
    [InlineData("executable", "executable memory is reached where it is")]
    [InlineData("shared-anonymous", "shared memory without a name needs no privilege")]
    [InlineData("limited-files", "RLIMIT_FSIZE does not hinder")]
    [InlineData("many-pieces", "a region may have more pieces than a message has descriptors")]
    [InlineData("stale", "memory that exec replaced is a remote access error")]
    [InlineData("several-files", "a range over files and private memory is one region")]
    [InlineData("unmapped", "a range with a hole is EFAULT")]
    [InlineData("implicit", "implicit on-demand paging is not offered, and EINVAL")]
    [InlineData("mapped-anew", "a region keeps its pages when the program maps others at their address")]
    [InlineData("forked", "a child gets pages of its own, the heap's too")]
    [InlineData("written-meanwhile", "what another thread writes while pages are registered is kept")]
    public async Task The_device_and_the_program_see_the_same_bytes(string kind, string rule)
    {
        string program = await machine.CompileAsync("memory_kinds");
        Assert.SkipWhen(
            kind == "written-meanwhile" && !MayHoldWriters(), "userfaultfd(2) is not allowed here (vm.unprivileged_userfaultfd, or the container)");

        ProgramResult result = await machine.RunAsync(program, kind, Path.Combine(machine.Files, kind));

        Assert.True(result.ExitStatus == 0, $"{rule}: not so.\n{result.Text}");
    }

    /// <summary>Registered pages count as pinned whatever the program does to its mappings: programs/changed_memory.c.</summary>
    [Theory]
    [InlineData("dont-need", "after MADV_DONTNEED the program has pages of zeros, and the device keeps the old ones")]
    [InlineData("dont-need-locked", "MADV_DONTNEED_LOCKED does the same")]
    [InlineData("other-advice", "MADV_FREE changes nothing, and MADV_REMOVE is for files")]
    [InlineData("unmapped", "after munmap the device keeps its pages")]
    [InlineData("grown-while-registered", "a block that realloc enlarges keeps its bytes, and gets nobody else's")]
    [InlineData("grown-afterwards", "so does one that was registered before")]
    [InlineData("remapped", "mremap takes the pages along, and what is mapped at their old address is other memory")]
    [InlineData("remapped-in-part", "mremap takes memory of which a part is registered")]
    [InlineData("remapped-to", "mremap takes it where it is told, and leaves pages of zeros when it is told so")]
    [InlineData("remapped-and-swept", "what mremap took elsewhere is not given back")]
    public async Task Registered_pages_stay_the_devices_when_the_program_changes_its_mappings(string change, string rule)
    {
        string program = await machine.CompileAsync("changed_memory");

        ProgramResult result = await machine.RunAsync(program, change);

        Assert.True(result.ExitStatus == 0, $"{rule}: not so.\n{result.Text}");
    }

    [Fact]
    public async Task A_client_whose_memory_does_not_answer_holds_up_itself_alone()
    {
        Assert.SkipUnless(MayHoldWriters(), "userfaultfd(2) is not allowed here (the container)");
        string program = await machine.CompileAsync("memory_kinds");

        (await machine.RunAsync(program, "held-up", "")).Succeeded();
    }

    [Fact]
    public async Task Huge_pages_are_reached_where_they_are()
    {
        string program = await machine.CompileAsync("memory_kinds");

        ProgramResult result = await machine.RunAsync(program, "huge", "");

        Assert.SkipWhen(result.ExitStatus == 77, result.Text);
        result.Succeeded();
    }

    [Fact]
    public async Task A_file_of_a_guarded_volume_cannot_be_cut_while_a_program_has_it_registered()
    {
        Assert.SkipUnless(machine.HasVolume, "/dev/fuse is missing: no volume can be mounted");
        string program = await machine.CompileAsync("memory_kinds");

        (await machine.RunAsync(program, "pinned-file", Path.Combine(machine.Volume, "file"))).Succeeded();
    }

    [Theory]
    [InlineData("on-demand", "a region on demand holds nothing up, and sees what its file has")]
    [InlineData("pinned-files", "each file of a region is pinned")]
    [InlineData("refused-whole", "a region of which a part is refused pins nothing")]
    public async Task A_region_over_files_of_a_guarded_volume_is_pinned_whole_or_not_at_all(string kind, string rule)
    {
        Assert.SkipUnless(machine.HasVolume, "/dev/fuse is missing: no volume can be mounted");
        string program = await machine.CompileAsync("memory_kinds");

        ProgramResult result = await machine.RunAsync(program, kind, Path.Combine(machine.Volume, kind));

        Assert.True(result.ExitStatus == 0, $"{rule}: not so.\n{result.Text}");
    }

    // userfaultfd(2) with UFFD_USER_MODE_ONLY needs nothing, but seccomp profiles of containers often forbid the call.
    private static bool MayHoldWriters() =>
        !File.ReadLines("/proc/self/status").Any(line => line.StartsWith("Seccomp:", StringComparison.Ordinal) && !line.EndsWith('0'));
}
