using Mono.Unix.Native;

namespace DaxEmu.Linux.Files;

/// <summary>
/// Where a user's own daemon and its clients meet: <c>$XDG_RUNTIME_DIR/daxemu</c>, or <c>/tmp/daxemu-UID</c> for a user without a session.
/// Anybody can make the latter first, so it must be <see cref="IsTrusted">trusted</see> before it is used. Root uses the system's directory.
/// </summary>
public static class UserRuntimeDirectory
{
    /// <summary>The environment variable that names the session's directory (XDG Base Directory Specification).</summary>
    public const string Variable = "XDG_RUNTIME_DIR";

    private const FilePermissions WritableByOthers = FilePermissions.S_IWGRP | FilePermissions.S_IWOTH;

    /// <summary>The calling process's user.</summary>
    public static uint CurrentUser => Syscall.geteuid();

    /// <summary>The directory of a user.</summary>
    /// <param name="session">The value of <see cref="Variable"/>, if any.</param>
    /// <param name="user">The user.</param>
    public static string Of(string? session, uint user) => string.IsNullOrEmpty(session) ? WithoutSession(user) : Path.Combine(session, "daxemu");

    /// <summary>Makes a runtime directory where there is none yet: for its user alone where <paramref name="directory"/> lies in /tmp.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="mode">Its permissions elsewhere.</param>
    /// <exception cref="LinuxException">EACCES: another user has made it, or can write there.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void Make(string directory, UnixFileMode mode)
    {
        Directory.CreateDirectory(
            directory, IsWithoutSession(directory) ? UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute : mode);
        if (!IsTrusted(directory))
        {
            throw Distrusted(directory);
        }
    }

    /// <summary>
    /// False for a directory in /tmp that somebody else has put where the user's own would be: a symbolic link, another user's directory, or
    /// one that others may write to. Directories elsewhere, and one that is not there, are trusted.
    /// </summary>
    /// <param name="directory">The directory.</param>
    public static bool IsTrusted(string directory) =>
        !IsWithoutSession(directory) || IsMissingOrOwn(directory, CurrentUser);

    /// <summary>What to report about a directory that is not trusted.</summary>
    /// <param name="directory">The directory.</param>
    public static LinuxException Distrusted(string directory) =>
        new($"use of \"{directory}\", which is not user {CurrentUser}'s own,", Abi.errno.EACCES);

    internal static bool IsMissingOrOwn(string directory, uint user) =>
        Syscall.lstat(directory, out Stat status) != 0
        || ((status.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR
            && status.st_uid == user
            && (status.st_mode & WritableByOthers) == 0);

    private static bool IsWithoutSession(string directory) => directory == WithoutSession(CurrentUser);

    private static string WithoutSession(uint user) => $"/tmp/daxemu-{user}";
}
