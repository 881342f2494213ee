using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;

namespace DaxEmu.Daemon.Doctor;

/// <summary>What files must promise before they are pinned.</summary>
internal static class AdmissionProbes
{
    /// <summary>Files on no volume.</summary>
    public static ProbeResult Default(AdmissionRules rules) => ProbeResult.Ok("pin admission", AdmissionText.Of(rules));

    /// <summary>A volume's files.</summary>
    public static ProbeResult Volume(VolumeOptions volume) =>
        ProbeResult.Ok("pin admission", $"{volume.Shown}: {AdmissionText.Of(volume.Admission)}");
}
