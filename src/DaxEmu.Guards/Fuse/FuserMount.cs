using DaxEmu.Linux;
using DaxEmu.Linux.Processes;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// Mounting and unmounting as an ordinary user, through the set-user-id program fusermount3(1). It opens /dev/fuse, mounts it, and sends the
/// descriptor over the socket whose number is in its environment (libfuse, lib/mount.c).
/// </summary>
internal static class FuserMount
{
    private const string Program = "fusermount3";
    private const string Options = "fsname=" + FuseGuardOptions.Source + ",subtype=daxemu,default_permissions";
    private const string AllowOther = "allow_other";
    private const string OwnUserOnly =
        "only the user that runs the guard can use the mount, not even root: allow_other needs user_allow_other in /etc/fuse.conf";

    private const string OwnedByGuard = "files that other users create on the mount belong to the user that runs the guard";

    /// <summary>Mounts a new connection, for all users where /etc/fuse.conf lets an ordinary user do that.</summary>
    /// <exception cref="FuseMountException">fusermount3 is missing or refused.</exception>
    internal static FuseMounted Mount(string mountPoint)
    {
        (FuseDevice? device, string complaint) = TryMount(mountPoint, $"{Options},{AllowOther}");
        if (device is not null)
        {
            return new(device, [OwnedByGuard]);
        }

        if (complaint.Contains(AllowOther, StringComparison.Ordinal))
        {
            (device, complaint) = TryMount(mountPoint, Options);
        }

        return device is not null
            ? new(device, [OwnUserOnly])
            : throw new FuseMountException($"{Program} cannot mount \"{mountPoint}\": {complaint}");
    }

    /// <summary>Unmounts. Refused while files are open, unless the mount is only to be taken out of sight.</summary>
    /// <returns>Null when it is unmounted, else what fusermount3 said.</returns>
    /// <exception cref="FuseMountException">fusermount3 is missing.</exception>
    internal static string? Unmount(string mountPoint, bool isLazy)
    {
        SpawnedProgram unmount = Run(isLazy ? ["-u", "-z", "--", mountPoint] : ["-u", "--", mountPoint], [], null);
        return unmount.ExitStatus == 0 ? null : Complaint(unmount);
    }

    private static (FuseDevice? Device, string Complaint) TryMount(string mountPoint, string options)
    {
        (SeqPacketConnection mine, SeqPacketConnection its) = SeqPacketConnection.CreatePair();
        using (mine)
        using (its)
        {
            SpawnedProgram mount = Run(
                ["-o", options, "--", mountPoint], [$"_FUSE_COMMFD={SpawnedProgram.PassedDescriptor}"], its.Handle);
            if (mount.ExitStatus != 0)
            {
                return (null, Complaint(mount));
            }

            // It has ended: what it sent is here, and with our copy of its end closed there is an end to see if it sent nothing. The
            // descriptor comes close-on-exec.
            its.Dispose();
            ReceivedMessage message = mine.Receive(new byte[1]);
            return message.Descriptors is [SafeFileHandle descriptor]
                ? (new FuseDevice(descriptor), "")
                : throw new FuseMountException($"{Program} mounted \"{mountPoint}\" without sending the descriptor of /dev/fuse");
        }
    }

    private static SpawnedProgram Run(string[] arguments, string[] environment, SafeFileHandle? socket)
    {
        try
        {
            return SpawnedProgram.Run(Program, arguments, ["LC_ALL=C", .. environment], socket);
        }
        catch (LinuxException e) when (e.Errno == ENOENT)
        {
            throw new FuseMountException($"there is no {Program}, with which ordinary users mount: install fuse3");
        }
    }

    private static string Complaint(SpawnedProgram run)
    {
        string said = run.Errors.Trim();
        return said.Length == 0 ? $"exit status {run.ExitStatus}" : said.Replace(Program + ": ", "", StringComparison.Ordinal).ReplaceLineEndings("; ");
    }
}
