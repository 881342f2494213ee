namespace DaxEmu.Contract;

/// <summary>Looks up the admission rules of a file. Called for every pin, outside any lock of the contract.</summary>
public interface IAdmissionSource
{
    /// <summary>The rules in force now.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">A name of it, as in the request.</param>
    AdmissionRules RulesOf(FileIdentity file, string path);
}
