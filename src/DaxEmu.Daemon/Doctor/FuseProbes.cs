namespace DaxEmu.Daemon.Doctor;
internal static class FuseProbes { public static ProbeResult Device() => ProbeResult.Ok("x","y"); public static IEnumerable<ProbeResult> Guard() => []; public static ProbeResult MountHelper() => ProbeResult.Ok("x","y"); }
