namespace DaxEmu.Daemon.Audit;

/// <summary>One source of broken leases or refused pins.</summary>
/// <param name="Source">What it is.</param>
/// <param name="Here">Whether it can strike this file.</param>
/// <param name="Seen">What shows it.</param>
/// <param name="Effect">What it does to a pin; empty when it cannot strike.</param>
/// <param name="SwitchOff">How to switch it off; empty when it cannot strike.</param>
internal sealed record Finding(string Source, Exposure Here, string Seen, string Effect = "", string SwitchOff = "");
