namespace DaxEmu.Client;

/// <summary>
/// No daemon answers on the device socket: none was there when the device was opened, or it went away afterwards. All objects
/// of a device that went away are lost, as after the removal of a card; dispose the device and open it again.
/// </summary>
public sealed class DeviceUnavailableException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="socketPath">The socket that was tried, or was connected.</param>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="cause">The system call that failed, if one did.</param>
    public DeviceUnavailableException(string socketPath, string message, Exception? cause = null)
        : base(message, cause) => SocketPath = socketPath;

    /// <summary>The socket that was tried, or was connected.</summary>
    public string SocketPath { get; }
}
