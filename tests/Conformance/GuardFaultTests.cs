using Xunit;

namespace DaxEmu.Conformance;

/// <summary>
/// What guarded programs do when their guard cannot be asked, does not answer or turns them away, and when they themselves are wrong:
/// programs/guard_faults.c plays both.
/// </summary>
public sealed class GuardFaultTests(Machine machine)
{
    [Theory]
    [InlineData("refused-list", "begin 1: -26|ftruncate: ETXTBSY, 16384 bytes")]
    [InlineData("turned-away", "ftruncate: EMFILE, 16384 bytes")]
    [InlineData("no-descriptor-and-nothing-known", "ftruncate: EMFILE, 16384 bytes")]
    [InlineData("no-descriptor", "begin 1: 1|end: 1|truncate: EMFILE, 16384 bytes|madvise: EMFILE, 16384 bytes")]
    public Task What_cannot_be_asked_for_is_not_taken_for_unguarded(string what, string expected) => ComesToAsync(what, expected);

    [Fact]
    public Task A_program_without_a_descriptor_left_and_without_a_daemon_does_as_it_likes() =>
        ComesToAsync("no-descriptor-and-no-guard", "ftruncate: -, 0 bytes");

    [Fact]
    public Task A_guard_that_never_answers_holds_up_no_thread_for_good() => ComesToAsync("silent", "ftruncate: -, 4096 bytes");

    [Fact]
    public Task A_guard_in_a_directory_of_somebody_elses_is_not_even_connected_to()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can be another user");
        return ComesToAsync("strangers-guard", "ftruncate: -, 0 bytes|connections: 0");
    }

    [Fact]
    public Task A_thread_that_is_cancelled_in_an_operation_ends_it_first() =>
        ComesToAsync("cancelled", "begin 3: 1|end: 1|punched: 0|cancelled: 1");

    [Fact]
    public Task A_punch_by_process_madvise_is_asked_for() =>
        ComesToAsync(
            "process-madvise",
            "begin 3: -26|function: ETXTBSY, 16384 bytes|begin 3: -26|syscall: ETXTBSY, 16384 bytes|punched: 0|"
            + "begin 3: 1|end: 1|begin 3: 1|end: 1|allowed: -, 16384 bytes|nowhere: EFAULT, 16384 bytes");

    /// <summary>What is missing is /dev/null, in a root directory of the program's own.</summary>
    [Fact]
    public Task Fopen_needs_no_other_file_and_freopen_cuts_nothing_without_one()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can change its root directory");
        return ComesToAsync("without-dev-null", "begin 2: 1|end: 1|fopen: -, 4 bytes|freopen: ENOENT, 16384 bytes");
    }

    [Fact]
    public Task Freopen_of_a_file_that_must_be_new_cuts_nothing() => ComesToAsync("exclusive", "freopen: EEXIST, 16384 bytes");

    [Fact]
    public Task Pointers_that_lead_nowhere_and_flags_that_are_none_get_the_answer_of_the_kernel() =>
        ComesToAsync(
            "nowhere",
            "FICLONERANGE: EFAULT, 16384 bytes|FIDEDUPERANGE: EFAULT, 16384 bytes|FS_IOC_SETFLAGS: EFAULT, 16384 bytes|"
            + "without a file: EBADF, 16384 bytes|copy_file_range: EFAULT, 16384 bytes|openat2: EFAULT, 16384 bytes|"
            + "openat2 with an unknown flag: EINVAL, 16384 bytes|openat2 with a mode: EINVAL, 16384 bytes");

    [Fact]
    public Task Of_two_files_the_one_that_was_given_up_while_the_other_waited_is_asked_for_again() =>
        ComesToAsync("expired", "begin 8: 1|begin 7: 1|begin 8: 1|begin 7: -16|end: 0|end: 0|cloned, or cannot: 1");

    [Fact]
    public Task A_punch_goes_on_behind_what_is_not_mapped() =>
        ComesToAsync("hole", "begin 3: 1|end: 1|begin 3: 1|end: 1|madvise: ENOMEM, 16384 bytes|punched: 1011");

    [Fact]
    public Task A_punch_in_a_file_without_a_name_allocates_nothing() =>
        ComesToAsync("nameless", "begin 1: 1|end: 1|begin 3: 1|end: 1|allocations: 0|madvise: -, 16384 bytes");

    [Fact]
    public Task Truncating_a_file_under_a_lease_waits_for_it_and_is_asked_for() =>
        ComesToAsync("leased", "begin 1: 1|end: 1|truncate: -, 16384 bytes");

    [Fact]
    public Task Copying_may_share_blocks_where_nothing_else_is_known() =>
        ComesToAsync("copied", "begin 8: -26|copy_file_range: ETXTBSY, 16384 bytes");

    private async Task ComesToAsync(string what, string expected)
    {
        string directory = Directory.CreateDirectory(Path.Combine(machine.Files, $"faults-{what}")).FullName;
        string program = await machine.CompileAsync("guard_faults", "gcc", "gcc", "-I" + NativeSources.Of("include"));

        ProgramResult result = (await machine.RunWithoutDaemonAsync(program, what, directory)).Succeeded();

        Assert.SkipWhen(result.Text.Contains("not before Linux", StringComparison.Ordinal), result.Text);
        string[] lines = result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Equal(expected, string.Join('|', lines.Where(line => !line.StartsWith("daxemu[", StringComparison.Ordinal))));
    }
}
