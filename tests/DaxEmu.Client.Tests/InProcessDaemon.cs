namespace DaxEmu.Client.Tests;

internal sealed class InProcessDaemon : IDisposable
{
    public string SocketPath => "";
    public RdmaDevice Open() => RdmaDevice.Open(SocketPath);
    public void Stop() { }
    public void Dispose() { }
}
