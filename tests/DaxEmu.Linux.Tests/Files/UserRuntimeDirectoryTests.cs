using DaxEmu.Linux.Files;
using Xunit;

namespace DaxEmu.Linux.Tests.Files;

public sealed class UserRuntimeDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    [Theory]
    [InlineData("/run/user/7", "/run/user/7/daxemu")]
    [InlineData("", "/tmp/daxemu-7")]
    [InlineData(null, "/tmp/daxemu-7")]
    public void It_is_in_the_users_session_or_has_the_users_number(string? session, string expected) =>
        Assert.Equal(expected, UserRuntimeDirectory.Of(session, 7));

    [Theory]
    [InlineData(0x1c0, true)]
    [InlineData(0x1ed, true)]
    [InlineData(0x1f8, false)]
    [InlineData(0x1c2, false)]
    public void One_that_others_may_write_to_is_not_trusted(int mode, bool isTrusted)
    {
        string directory = Directory.CreateDirectory(_temporary.File("d")).FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)mode);

        Assert.Equal(isTrusted, UserRuntimeDirectory.IsMissingOrOwn(directory, UserRuntimeDirectory.CurrentUser));
    }

    [Fact]
    public void Another_users_or_a_symbolic_link_is_not_trusted_and_a_missing_one_harms_nobody()
    {
        uint user = UserRuntimeDirectory.CurrentUser;
        string directory = Directory.CreateDirectory(_temporary.File("d")).FullName;
        string link = _temporary.File("link");
        File.CreateSymbolicLink(link, directory);

        Assert.True(UserRuntimeDirectory.IsMissingOrOwn(directory, user));
        Assert.False(UserRuntimeDirectory.IsMissingOrOwn(directory, user + 1));
        Assert.False(UserRuntimeDirectory.IsMissingOrOwn(link, user));
        Assert.True(UserRuntimeDirectory.IsMissingOrOwn(_temporary.File("none"), user));
    }

    public void Dispose() => _temporary.Dispose();
}
