namespace DaxEmu.Contract;

/// <summary>Looks up the policy in force for a file. Called only when a layout operation overlaps a pin.</summary>
public interface IPolicySource
{
    /// <summary>The policy in force now.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">A name of it, as in the operation.</param>
    PolicySetting Resolve(FileIdentity file, string path);
}
